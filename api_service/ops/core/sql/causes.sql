-- Failed jobs by their causes: index-only, over the jobs that are failed now.

-- name: groups
SELECT error_group, kind, count(*)::int AS jobs, min(finished_at) AS first, max(finished_at) AS last
  FROM jobs
 WHERE state = 'failed'
 GROUP BY error_group, kind;

-- name: hours
-- How many of them failed in which hour since $1.
SELECT error_group, kind, hour, count(*)::int AS jobs
  FROM (
    SELECT error_group, kind, floor(extract(epoch FROM finished_at - $1::timestamptz) / 3600)::int AS hour
      FROM jobs
     WHERE state = 'failed' AND finished_at >= $1
  ) AS recent
 GROUP BY error_group, kind, hour;

-- name: notes
SELECT error_group, note, written_by, written_at FROM failure_notes;

-- name: put_note
INSERT INTO failure_notes (error_group, note, written_by)
VALUES ($1, $2, $3)
ON CONFLICT (error_group) DO UPDATE
   SET note = excluded.note, written_by = excluded.written_by, written_at = now();

-- name: remove_note
DELETE FROM failure_notes WHERE error_group = $1;

-- name: last_failed
-- When a job last failed, though none is failed now.
SELECT max(bucket) AS moment FROM job_throughput WHERE unit = 'hour' AND state = 'failed';
