-- name: prune
-- Finished jobs older than $1 seconds (failed ones: $2), at most $3 of them; their attempts go with them. The oldest of
-- each state, from its own end of an index: in the order of ids every batch would walk past the reminders of months to
-- come.
DELETE FROM jobs
 WHERE id IN (
    SELECT old.id
      FROM (
        SELECT ended.id
          FROM unnest(ARRAY['succeeded', 'cancelled', 'skipped']) AS final (state)
         CROSS JOIN LATERAL (
            SELECT j.id
              FROM jobs j
             WHERE j.state = final.state
               AND j.state IN ('succeeded', 'cancelled', 'skipped')
               AND j.finished_at < now() - make_interval(secs => $1)
             ORDER BY j.finished_at
             LIMIT $3
               FOR UPDATE SKIP LOCKED
         ) AS ended
         UNION ALL
        SELECT failed.id
          FROM (
            SELECT id
              FROM jobs
             WHERE state = 'failed' AND finished_at < now() - make_interval(secs => $2)
             ORDER BY finished_at
             LIMIT $3
               FOR UPDATE SKIP LOCKED
         ) AS failed
      ) AS old
     LIMIT $3
 );
