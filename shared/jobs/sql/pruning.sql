-- name: prune
-- Looks at the next $3 jobs after ($4, $5) that ended more than $1 seconds (failed ones: $2) ago, the oldest first, and
-- deletes those whose appointment's end has been past for as long: until then they are the proof that somebody was told.
-- Their attempts go with them. The jobs of each state come from their own end of an index. A caller walks from place to
-- place, since many jobs that stay may come before those that go. `held` locks them in order, and only jobs that are
-- still ended.
WITH looked AS (
    SELECT id, finished_at, appointment_id, kept
      FROM (
        SELECT ended.id, ended.finished_at, ended.appointment_id, $1::float8 AS kept
          FROM unnest(ARRAY['succeeded', 'cancelled', 'skipped']) AS final (state)
         CROSS JOIN LATERAL (
            SELECT j.id, j.finished_at, j.appointment_id
              FROM jobs j
             WHERE j.state = final.state
               AND j.state IN ('succeeded', 'cancelled', 'skipped')
               AND (j.finished_at, j.id) > ($4::timestamptz, $5::uuid)
               AND j.finished_at < now() - make_interval(secs => $1)
             ORDER BY j.finished_at, j.id
             LIMIT $3
         ) AS ended
         UNION ALL
        SELECT id, finished_at, appointment_id, $2::float8
          FROM (
            SELECT id, finished_at, appointment_id
              FROM jobs
             WHERE state = 'failed'
               AND (finished_at, id) > ($4::timestamptz, $5::uuid)
               AND finished_at < now() - make_interval(secs => $2)
             ORDER BY finished_at, id
             LIMIT $3
         ) AS failed
      ) AS old
     ORDER BY finished_at, id
     LIMIT $3
), held AS (
    SELECT j.id
      FROM looked
      JOIN jobs j ON j.id = looked.id AND j.finished_at = looked.finished_at
      LEFT JOIN appointments a ON a.id = looked.appointment_id
     WHERE a.ends_at IS NULL OR a.ends_at < now() - make_interval(secs => looked.kept)
     ORDER BY j.id
       FOR UPDATE OF j SKIP LOCKED
), gone AS (
    DELETE FROM jobs WHERE id IN (SELECT id FROM held) RETURNING id
)
SELECT (SELECT count(*) FROM gone)::int AS removed, (SELECT count(*) FROM looked)::int AS looked_at, finished_at, id
  FROM looked
 ORDER BY finished_at DESC, id DESC
 LIMIT 1;
