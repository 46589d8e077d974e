-- Failed jobs by their causes: index-only, over what is failed just now, each cause no further than its newest jobs.

-- name: causes
-- Those there are, $1 at most: one look into jobs_failed_groups for each.
WITH RECURSIVE each AS (
    (SELECT error_group FROM jobs WHERE state = 'failed' ORDER BY error_group LIMIT 1)
    UNION ALL
    SELECT (SELECT error_group FROM jobs
             WHERE state = 'failed' AND error_group > each.error_group
             ORDER BY error_group LIMIT 1)
      FROM each
     WHERE each.error_group IS NOT NULL
)
SELECT error_group FROM each WHERE error_group IS NOT NULL LIMIT $1;

-- name: groups
-- Of each of the causes $1 the newest $2 jobs, by kind and by the hour since $3 in which they failed (null before).
-- `earliest`: when the first job of the cause failed.
SELECT cause.error_group, latest.*,
       (SELECT finished_at FROM jobs
         WHERE state = 'failed' AND error_group = cause.error_group
         ORDER BY finished_at, id LIMIT 1) AS earliest
  FROM unnest($1::text[]) AS cause (error_group)
 CROSS JOIN LATERAL (
        SELECT kind, hour, count(*)::int AS jobs, min(finished_at) AS first, max(finished_at) AS last
          FROM (
            SELECT kind, finished_at,
                   CASE WHEN finished_at >= $3
                        THEN floor(extract(epoch FROM finished_at - $3::timestamptz) / 3600)::int END AS hour
              FROM jobs
             WHERE state = 'failed' AND error_group = cause.error_group
             ORDER BY finished_at DESC, id DESC
             LIMIT $2
          ) AS newest
         GROUP BY kind, hour
       ) AS latest;

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
