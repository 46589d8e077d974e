-- Sessions of signed-in operators. Only the SHA-256 of the cookie's opaque id is stored.

-- name: open
INSERT INTO ops_sessions (id_hash, subject, roles, expires_at) VALUES ($1, $2, $3, $4);

-- name: find
SELECT subject, roles, expires_at FROM ops_sessions WHERE id_hash = $1 AND expires_at > now();

-- name: close
DELETE FROM ops_sessions WHERE id_hash = $1;

-- name: forget_expired
-- A few at a time: the next sign-in takes the next few.
DELETE FROM ops_sessions
 WHERE id_hash IN (SELECT id_hash FROM ops_sessions WHERE expires_at <= now() ORDER BY expires_at LIMIT 100);
