-- As shipped, but for ::numeric: before PostgreSQL 14 extract gives a float8, which round takes no digits for.
-- Views for whoever looks with psql or a SQL data source (docs/operations.md shows questions and answers).
-- They have no address: `error` is the mail server's own words, which may echo one.

-- Ids are UUIDs of version 7, whose first 48 bits are the Unix time in milliseconds: the primary key finds what is
-- recent, and no index on a time is needed.
CREATE FUNCTION first_id_at(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;
COMMENT ON FUNCTION first_id_at IS 'The lowest id that a row made at this moment can have.';

CREATE VIEW recent_email_jobs AS
SELECT j.id AS job_id,
       j.kind,
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
COMMENT ON VIEW recent_email_jobs IS 'Jobs created in the last 24 hours, the newest first: where each stands, and how long it took.';
COMMENT ON COLUMN recent_email_jobs.seconds_to_sent IS
    'From the commit (a reminder: from its due time) to the mail server''s acceptance; null unless it succeeded.';
COMMENT ON COLUMN recent_email_jobs.error IS 'Of the last attempt, while it matters; may echo an address.';

CREATE VIEW failed_jobs AS
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
       j.request_id
  FROM jobs j
  JOIN appointments a ON a.id = j.appointment_id
  LEFT JOIN LATERAL (
    SELECT worker, reply_code FROM job_attempts WHERE job_id = j.id ORDER BY attempt DESC LIMIT 1
  ) AS last ON true
 WHERE j.state = 'failed'
 ORDER BY j.id DESC;
COMMENT ON VIEW failed_jobs IS 'Jobs that wait for a person, the newest first: why they failed, and whether it is too late.';
COMMENT ON COLUMN failed_jobs.lost IS 'Attempts whose worker vanished.';
COMMENT ON COLUMN failed_jobs.reply_code IS 'The mail server''s, of the last attempt; null where it gave none.';
COMMENT ON COLUMN failed_jobs.error IS 'Of the last attempt; may echo an address.';
