-- A client's in-app notifications.

-- name: list
-- A page, the newest first; $2: unread ones only.
SELECT id, kind, title, body, appointment_id, created_at, read_at
  FROM in_app_notifications
 WHERE client_id = $1
   AND (NOT $2 OR read_at IS NULL)
   AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
 ORDER BY created_at DESC, id DESC
 LIMIT $5;

-- name: unread
SELECT count(*) AS unread FROM in_app_notifications WHERE client_id = $1 AND read_at IS NULL;

-- name: read_one
-- Reading again keeps the first time.
UPDATE in_app_notifications
   SET read_at = coalesce(read_at, now())
 WHERE id = $1 AND client_id = $2
RETURNING id, kind, title, body, appointment_id, created_at, read_at;

-- name: read_all
UPDATE in_app_notifications SET read_at = now() WHERE client_id = $1 AND read_at IS NULL;
