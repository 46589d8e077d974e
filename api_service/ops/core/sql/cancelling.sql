-- The effect of cancelling a set of jobs.

-- name: outline
-- How many of these ($1) were not sent.
SELECT count(*)::int AS matched,
       count(*) FILTER (WHERE state IN ('scheduled', 'enqueued', 'retrying'))::int AS waiting,
       count(*) FILTER (WHERE state = 'processing')::int AS processing,
       count(*) FILTER (WHERE state = 'failed')::int AS failed
  FROM jobs
 WHERE id = ANY ($1::uuid[]);

-- name: unsent
-- The first $2 of these ($1) that can be cancelled.
SELECT id
  FROM jobs
 WHERE id = ANY ($1::uuid[]) AND state IN ('scheduled', 'enqueued', 'retrying', 'processing', 'failed')
 ORDER BY id
 LIMIT $2;

-- name: chosen
-- Jobs that can be cancelled, filtered by the given values: state ($1), kind ($2), appointment ($3), client ($4), a
-- part of the error ($5); made before $6, those after the job $7, at most $8; of one cause of failure ($9). As arms of
-- an OR, since each finds a partial index of its own.
SELECT id, state
  FROM jobs
 WHERE (state = 'scheduled' OR state IN ('enqueued', 'retrying') OR state = 'processing' OR state = 'failed')
   AND ($1::text IS NULL OR state = $1)
   AND ($2::text IS NULL OR kind = $2)
   AND ($3::uuid IS NULL OR appointment_id = $3)
   AND ($4::text IS NULL OR appointment_id = ANY (ARRAY(SELECT id FROM appointments WHERE client_id = $4)))
   AND ($5::text IS NULL OR (state IN ('failed', 'retrying') AND error ILIKE '%' || $5 || '%'))
   AND ($9::text IS NULL OR (state = 'failed' AND error_group = $9))
   AND created_at < $6
   AND id > $7
 ORDER BY id
 LIMIT $8;
