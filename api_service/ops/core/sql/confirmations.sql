-- Changes of many jobs that were asked for, shown and then confirmed.

-- name: propose
INSERT INTO ops_confirmations (id, session, filter, cutoff, outline)
VALUES ($1, $2, $3::jsonb, $4, $5::jsonb);

-- name: find
SELECT id, filter, cutoff, outline, used_at, cardinality(jobs) AS changed
  FROM ops_confirmations
 WHERE id = $1 AND session = $2;

-- name: use
-- Once: of two clicks one does nothing.
UPDATE ops_confirmations SET used_at = now() WHERE id = $1 AND session = $2 AND used_at IS NULL RETURNING id;

-- name: note_jobs
-- Those of a batch, after those of the batches before it.
UPDATE ops_confirmations SET jobs = jobs || $2::uuid[] WHERE id = $1;

-- name: progress
-- The present states of the first thousand moved jobs.
SELECT j.state, count(*)::int AS jobs
  FROM (SELECT unnest(jobs[1:1000]) AS id FROM ops_confirmations WHERE id = $1) AS moved
  JOIN jobs j USING (id)
 GROUP BY j.state;
