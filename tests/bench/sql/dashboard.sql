-- What bench-dashboard asks for by id.

-- name: known
-- A job that was sent, one that failed, their like; the busiest client is $1.
SELECT (SELECT id FROM jobs WHERE state = 'succeeded' ORDER BY finished_at DESC OFFSET 1000 LIMIT 1) AS job,
       (SELECT id FROM jobs WHERE state = 'failed' ORDER BY finished_at DESC LIMIT 1) AS failed,
       (SELECT error_group FROM jobs WHERE state = 'failed' ORDER BY finished_at DESC LIMIT 1) AS cause,
       (SELECT appointment_id FROM jobs WHERE state = 'failed' ORDER BY finished_at DESC LIMIT 1) AS appointment,
       (SELECT id FROM appointments WHERE client_id = $1 ORDER BY starts_at DESC OFFSET 200 LIMIT 1) AS busy_appointment,
       (SELECT id FROM dead_letters ORDER BY received_at DESC LIMIT 1) AS letter,
       to_char(now() - interval '7 days', 'YYYY-MM-DD"T"HH24:MI"Z"') AS week_ago;
