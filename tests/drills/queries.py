"""The questions that a drill asks the database when all has come to rest."""

from typing import Final

JOBS: Final = """
SELECT j.id::text, j.kind, j.appointment_id::text, j.state, coalesce(j.error, '') AS error, j.reason, j.created_at,
       n.id IS NOT NULL AS told, p.version > 1 OR p.status = 'cancelled' AS changed,
       CASE WHEN j.kind = 'appointment_reminder' AND p.version = 1 AND p.status = 'booked'
            THEN p.starts_at - interval '1 hour' END AS reminds_at,
       (SELECT count(*) FROM drill_successes s WHERE s.job_id = j.id) AS successes,
       coalesce(a.workers_lost, 0) AS workers_lost, coalesce(a.answers_lost, 0) AS answers_lost,
       coalesce(a.poisonous, 0) AS poisonous, a.last_began
  FROM jobs j
  JOIN appointments p ON p.id = j.appointment_id
  LEFT JOIN in_app_notifications n ON n.job_id = j.id
  LEFT JOIN (
      SELECT job_id,
             count(*) FILTER (WHERE outcome = 'lost') AS workers_lost,
             count(*) FILTER (WHERE reply_code IS NULL AND error LIKE '% at end of data') AS answers_lost,
             count(*) FILTER (WHERE error LIKE '%delivered too often%') AS poisonous,
             max(started_at) FILTER (WHERE outcome = 'succeeded') AS last_began
        FROM job_attempts
       GROUP BY job_id
  ) a ON a.job_id = j.id
"""
"""Every job with what became of it. `reminds_at`: when a reminder is due, of an appointment that was never changed.
`successes`: as often as tests/drills/successes.py has seen one."""

APPOINTMENTS: Final = """
SELECT p.id::text, p.status, p.version > 1 OR p.status = 'cancelled' AS changed,
       count(*) FILTER (WHERE j.kind = 'appointment_created_email') AS created,
       count(*) FILTER (WHERE j.kind = 'appointment_reminder') AS reminders,
       count(*) FILTER (WHERE j.kind = 'appointment_cancelled_email') AS cancellations,
       count(*) FILTER (WHERE j.kind NOT IN ('appointment_created_email', 'appointment_reminder')) AS others
  FROM appointments p
  LEFT JOIN jobs j ON j.appointment_id = p.id
 GROUP BY p.id
"""
"""Every appointment, those without any job too, answered or not."""

LETTERS: Final = "SELECT reason, detail, count(*) AS letters FROM dead_letters GROUP BY reason, detail"
