-- As shipped, but for ::numeric: before PostgreSQL 14 extract gives a float8, which round takes no digits for.
-- A job tells of one event through one channel. A constant default and a nullable column: no rewrite of the table.
ALTER TABLE jobs ADD COLUMN channel text NOT NULL DEFAULT 'email';
-- The event, named by the id of one of its jobs; null: it is named by this one. The in-app notification of an event is
-- written once, under this id, by the job of the event that is claimed first.
ALTER TABLE jobs ADD COLUMN event_id uuid;
COMMENT ON COLUMN in_app_notifications.job_id IS 'The event that it tells of: the id of the job that the event is named by.';

CREATE VIEW recent_jobs AS
SELECT j.id AS job_id,
       j.kind,
       j.channel,
       'notifications.' || j.priority AS queue,
       j.state,
       j.appointment_id,
       j.client_id,
       j.created_at,
       j.due_at,
       j.published_at,
       j.started_at,
       j.finished_at,
       CASE WHEN j.state = 'succeeded' THEN
           round(extract(epoch FROM j.finished_at - CASE j.kind WHEN 'appointment_reminder' THEN j.due_at
                                                                ELSE j.created_at END)::numeric, 3)
       END AS seconds_to_sent,
       j.attempt AS attempts,
       j.retries,
       j.reason,
       j.error,
       j.request_id
  FROM jobs j
 WHERE j.id >= first_id_at(now() - interval '24 hours')
 ORDER BY j.id DESC;
COMMENT ON VIEW recent_jobs IS 'Jobs created in the last 24 hours, the newest first: where each stands, and how long it took.';
COMMENT ON COLUMN recent_jobs.seconds_to_sent IS
    'From the commit (a reminder: from its due time) to the acceptance by the channel''s server; null unless it succeeded.';
COMMENT ON COLUMN recent_jobs.error IS 'Of the last attempt, while it matters; may echo an address.';

-- Column by column, in the order that it had: whoever reads it notices nothing.
CREATE OR REPLACE VIEW recent_email_jobs AS
SELECT job_id, kind, queue, state, appointment_id, client_id, created_at, due_at, published_at, started_at, finished_at,
       seconds_to_sent, attempts, retries, reason, error, request_id
  FROM recent_jobs
 WHERE channel = 'email'
 ORDER BY job_id DESC;
COMMENT ON VIEW recent_email_jobs IS 'The jobs of recent_jobs that are e-mails.';

-- A view is only given more columns at its end.
CREATE OR REPLACE VIEW failed_jobs AS
SELECT j.id AS job_id,
       j.kind,
       'notifications.' || j.priority AS queue,
       j.appointment_id,
       j.client_id,
       j.finished_at AS failed_at,
       j.created_at,
       j.attempt AS attempts,
       j.retries,
       j.lost,
       last.worker,
       last.reply_code,
       j.error,
       a.starts_at AS appointment_starts_at,
       a.starts_at <= now() AS appointment_has_begun,
       j.request_id,
       j.channel
  FROM jobs j
  JOIN appointments a ON a.id = j.appointment_id
  LEFT JOIN LATERAL (
    SELECT worker, reply_code FROM job_attempts WHERE job_id = j.id ORDER BY attempt DESC LIMIT 1
  ) AS last ON true
 WHERE j.state = 'failed'
 ORDER BY j.id DESC;
