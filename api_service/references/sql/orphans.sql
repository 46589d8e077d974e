-- Rows that refer to something that is not there. Each search reads a table in the order of its ids, at most $2 rows after
-- the id $1 (null: from the beginning), so that no statement takes long, and answers the last id that it has read and how
-- many of the rows are orphans, by column.

-- name: jobs
WITH batch AS (SELECT id, appointment_id, client_id FROM jobs WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2)
SELECT (SELECT id FROM batch ORDER BY id DESC LIMIT 1) AS last,
       count(*) FILTER (WHERE NOT EXISTS (SELECT FROM appointments a WHERE a.id = batch.appointment_id)) AS appointment_id,
       count(*) FILTER (WHERE NOT EXISTS (SELECT FROM clients c WHERE c.id = batch.client_id)) AS client_id
  FROM batch;

-- name: in_app_notifications
WITH batch AS (
    SELECT id, appointment_id, client_id FROM in_app_notifications WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2
)
SELECT (SELECT id FROM batch ORDER BY id DESC LIMIT 1) AS last,
       count(*) FILTER (WHERE NOT EXISTS (SELECT FROM appointments a WHERE a.id = batch.appointment_id)) AS appointment_id,
       count(*) FILTER (WHERE NOT EXISTS (SELECT FROM clients c WHERE c.id = batch.client_id)) AS client_id
  FROM batch;

-- name: appointments
WITH batch AS (SELECT id, doctor_id, client_id FROM appointments WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2)
SELECT (SELECT id FROM batch ORDER BY id DESC LIMIT 1) AS last,
       count(*) FILTER (WHERE NOT EXISTS (SELECT FROM doctors d WHERE d.id = batch.doctor_id)) AS doctor_id,
       count(*) FILTER (WHERE NOT EXISTS (SELECT FROM clients c WHERE c.id = batch.client_id)) AS client_id
  FROM batch;

-- name: delivery_reports
WITH batch AS (
    SELECT id, appointment_id, client_id FROM delivery_reports WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2
)
SELECT (SELECT id FROM batch ORDER BY id DESC LIMIT 1) AS last,
       count(*) FILTER (WHERE NOT EXISTS (SELECT FROM appointments a WHERE a.id = batch.appointment_id)) AS appointment_id,
       count(*) FILTER (WHERE NOT EXISTS (SELECT FROM clients c WHERE c.id = batch.client_id)) AS client_id
  FROM batch;

-- name: is_due
-- Whether nobody has searched since the last two o'clock at night (UTC).
SELECT coalesce(max(checked_at), '-infinity') < date_trunc('day', now() - interval '2 hours', 'UTC') + interval '2 hours' AS due
  FROM orphans;

-- name: note
INSERT INTO orphans (table_name, column_name, found, checked_at)
SELECT $1, column_name, found, now() FROM unnest($2::text[], $3::bigint[]) AS o (column_name, found)
ON CONFLICT (table_name, column_name) DO UPDATE SET found = excluded.found, checked_at = excluded.checked_at;

-- name: noted
SELECT table_name, column_name, found FROM orphans;
