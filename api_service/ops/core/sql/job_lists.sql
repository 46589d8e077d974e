-- The lists of jobs: `newest` for exact filters, `page` around the candidates of a tab.

-- name: newest
-- A page of jobs, the newest first, filtered by the given values. A client's jobs are those of the client's
-- appointments: these have an index already. Errors are searched in failed and retrying jobs, never in history; as two
-- arms of an OR, because each finds a partial index of its own.
SELECT *
  FROM jobs
 WHERE ($1::text IS NULL OR state = $1)
   AND ($2::text IS NULL OR kind = $2)
   AND ($3::uuid IS NULL OR appointment_id = $3)
   AND ($4::text IS NULL OR appointment_id = ANY (ARRAY(SELECT id FROM appointments WHERE client_id = $4)))
   AND ($5::text IS NULL OR (state = 'failed' AND error ILIKE '%' || $5 || '%')
        OR (state = 'retrying' AND error ILIKE '%' || $5 || '%'))
   AND ($6::uuid IS NULL OR id BETWEEN $6 AND $7)
   AND ($8::uuid IS NULL OR id < $8)
 ORDER BY id DESC
 LIMIT $9;

-- name: page
-- A page of a tab, at most $4 rows that match $1 (kind), $2 (queue) and $3 (words of the error). At most $5
-- candidates are looked at, in the order of an index: that keeps a page as cheap at ten million jobs as at ten,
-- for any filter. `edge` is the last candidate if there are more: the search goes on from there.
-- If nothing matches, one row without an id comes back. Neither a join nor a scan of a CTE keeps the order: so rows
-- are put into the tab's order (the candidates') by each SELECT that takes some of them, and at the end.
WITH candidates AS MATERIALIZED (
/* candidates */
)
SELECT edge.edge_moment, edge.edge_id, j.*, c.email
  FROM (SELECT (SELECT moment FROM candidates ORDER BY /* order */ OFFSET $5 - 1) AS edge_moment,
               (SELECT id FROM candidates ORDER BY /* order */ OFFSET $5 - 1) AS edge_id) edge
  LEFT JOIN LATERAL (
        SELECT *, row_number() OVER (ORDER BY /* order */) AS place
          FROM candidates
         WHERE ($1::text IS NULL OR kind = $1)
           AND ($2::text IS NULL OR priority = $2)
           AND ($3::text IS NULL OR error ILIKE '%' || $3 || '%')
         ORDER BY place
         LIMIT $4::bigint
       ) j ON true
  LEFT JOIN clients c ON c.id = j.client_id
 ORDER BY j.place;

-- name: scheduled
-- The next first: when a relay takes it to the broker.
SELECT *, publish_after AS moment
  FROM jobs
 WHERE state = 'scheduled'
   AND (publish_after, id) > ($6::timestamptz, $7::uuid)
   AND publish_after >= $8::timestamptz AND publish_after < $9::timestamptz
 ORDER BY moment, id
 LIMIT $5;

-- name: enqueued
-- The one that waits longest first.
SELECT *, due_at AS moment
  FROM jobs
 WHERE state = 'enqueued'
   AND (due_at, id) > ($6::timestamptz, $7::uuid)
   AND due_at >= $8::timestamptz AND due_at < $9::timestamptz
 ORDER BY moment, id
 LIMIT $5;

-- name: processing
-- No more than there are workers.
SELECT *, started_at AS moment
  FROM jobs
 WHERE state = 'processing'
   AND (started_at, id) > ($6::timestamptz, $7::uuid)
   AND started_at >= $8::timestamptz AND started_at < $9::timestamptz
 ORDER BY moment, id
 LIMIT $5;

-- name: retrying
-- The next attempt first.
SELECT *, due_at AS moment
  FROM jobs
 WHERE state = 'retrying'
   AND (due_at, id) > ($6::timestamptz, $7::uuid)
   AND due_at >= $8::timestamptz AND due_at < $9::timestamptz
 ORDER BY moment, id
 LIMIT $5;

-- name: failed
-- The newest first, as in all that has ended.
SELECT *, finished_at AS moment
  FROM jobs
 WHERE state = 'failed'
   AND (finished_at, id) < ($6::timestamptz, $7::uuid)
   AND finished_at >= $8::timestamptz AND finished_at < $9::timestamptz
 ORDER BY moment DESC, id DESC
 LIMIT $5;

-- name: succeeded
-- By jobs_ended, as the next two.
SELECT *, finished_at AS moment
  FROM jobs
 WHERE state = 'succeeded'
   AND (finished_at, id) < ($6::timestamptz, $7::uuid)
   AND finished_at >= $8::timestamptz AND finished_at < $9::timestamptz
 ORDER BY moment DESC, id DESC
 LIMIT $5;

-- name: cancelled
-- Cancelled jobs.
SELECT *, finished_at AS moment
  FROM jobs
 WHERE state = 'cancelled'
   AND (finished_at, id) < ($6::timestamptz, $7::uuid)
   AND finished_at >= $8::timestamptz AND finished_at < $9::timestamptz
 ORDER BY moment DESC, id DESC
 LIMIT $5;

-- name: skipped
-- Skipped jobs.
SELECT *, finished_at AS moment
  FROM jobs
 WHERE state = 'skipped'
   AND (finished_at, id) < ($6::timestamptz, $7::uuid)
   AND finished_at >= $8::timestamptz AND finished_at < $9::timestamptz
 ORDER BY moment DESC, id DESC
 LIMIT $5;

-- name: group
-- The failed jobs of one cause ($10).
SELECT *, finished_at AS moment
  FROM jobs
 WHERE state = 'failed'
   AND error_group = $10
   AND (finished_at, id) < ($6::timestamptz, $7::uuid)
   AND finished_at >= $8::timestamptz AND finished_at < $9::timestamptz
 ORDER BY moment DESC, id DESC
 LIMIT $5;

-- name: all
-- Jobs of every state. Ids of version 7 are in the order of their making, so the primary key is the index, and a
-- period is a range of ids.
SELECT *, created_at AS moment
  FROM jobs
 WHERE id < $6::uuid AND id >= $7::uuid
 ORDER BY id DESC
 LIMIT $5;

-- name: of_appointments
-- Of one appointment or of a client's: few, found by their appointments; $8: their state.
SELECT *, created_at AS moment
  FROM jobs
 WHERE appointment_id = ANY ($7::uuid[])
   AND id < $6::uuid
   AND ($8::text IS NULL OR state = $8)
 ORDER BY id DESC
 LIMIT $5;

-- name: appointments_of_client
-- The newest first, as many as are worth showing.
SELECT id FROM appointments WHERE client_id = $1 ORDER BY starts_at DESC, id DESC LIMIT 500;
