-- Clients. The mail address comes from a verified token or from ops, never from the client's own request.

-- name: one
SELECT id, name, email, timezone, locale, email_reminders FROM clients WHERE id = $1 AND erased_at IS NULL;

-- name: put_own
-- The fields that a client may set ($3 to $6). The address is from the token unless ops has set one, as in `book`.
INSERT INTO clients (id, email, email_source, name, timezone, locale, email_reminders)
VALUES ($1, $2, CASE WHEN $2::text IS NOT NULL THEN 'token' END, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE
   SET email = CASE WHEN clients.email_source = 'ops' THEN clients.email
                    ELSE coalesce(excluded.email, clients.email) END,
       email_source = coalesce(clients.email_source, excluded.email_source),
       name = excluded.name,
       timezone = excluded.timezone,
       locale = excluded.locale,
       email_reminders = excluded.email_reminders,
       updated_at = now()
 WHERE clients.erased_at IS NULL
RETURNING id, name, email, timezone, locale, email_reminders;

-- name: set_reminders
-- Reminder e-mails on or off. No row for an erased client.
UPDATE clients
   SET email_reminders = $2, updated_at = now()
 WHERE id = $1
RETURNING id, name, email, timezone, locale, email_reminders;

-- name: admit
-- An erased person whom the clinic writes again is a new client.
DELETE FROM erased_clients WHERE form = erased_form($1, (SELECT key FROM erasure_key));

-- name: put_by_staff
-- A field without a value stays as it is; an address set here outranks the token's, as the operators' does.
INSERT INTO clients (id, email, email_source, name, timezone, locale, phone)
VALUES ($1, $2, CASE WHEN $2::text IS NOT NULL THEN 'ops' END, $3, $4, coalesce($5, 'en'), $6)
ON CONFLICT (id) DO UPDATE
   SET email = coalesce(excluded.email, clients.email),
       email_source = coalesce(excluded.email_source, clients.email_source),
       name = coalesce(excluded.name, clients.name),
       timezone = coalesce(excluded.timezone, clients.timezone),
       locale = coalesce($5, clients.locale),
       phone = coalesce(excluded.phone, clients.phone),
       updated_at = now()
 WHERE clients.erased_at IS NULL;

-- name: put_by_ops
INSERT INTO clients (id, email, email_source, name, timezone, locale, email_reminders)
VALUES ($1, $2, CASE WHEN $2::text IS NOT NULL THEN 'ops' END, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE
   SET email = excluded.email,
       email_source = excluded.email_source,
       name = excluded.name,
       timezone = excluded.timezone,
       locale = excluded.locale,
       email_reminders = excluded.email_reminders,
       updated_at = now()
 WHERE clients.erased_at IS NULL
RETURNING id, name, email, timezone, locale, email_reminders;
