-- Sessions that an OpenID Connect provider has vouched for, and its word that they have ended.

-- name: one_at_a_time
-- A sign-in and the logout that ends it must see each other, whichever commits first. Both are rare.
LOCK TABLE ops_provider_logouts IN SHARE ROW EXCLUSIVE MODE;

-- name: forget_expired
-- A few at a time: the next sign-in takes the next few.
WITH sessions AS (
    DELETE FROM ops_sessions
     WHERE id_hash IN (SELECT id_hash FROM ops_sessions WHERE expires_at <= now() ORDER BY expires_at LIMIT 100)
), flows AS (
    DELETE FROM ops_used_sign_ins
     WHERE digest IN (SELECT digest FROM ops_used_sign_ins WHERE used_at < now() - interval '1 hour' LIMIT 100)
)
DELETE FROM ops_provider_logouts
 WHERE digest IN (SELECT digest FROM ops_provider_logouts WHERE received_at < now() - interval '1 hour' LIMIT 100);

-- name: use_flow
-- No row if the flow was used before.
INSERT INTO ops_used_sign_ins (digest) VALUES ($1) ON CONFLICT DO NOTHING RETURNING digest;

-- name: close_former
DELETE FROM ops_sessions WHERE id_hash = $1;

-- name: open
-- No row if the provider has ended its session since it issued the token. A logout without a session's id ends all
-- sessions of its person, so it concerns tokens that were issued before it.
INSERT INTO ops_sessions
       (id_hash, subject, roles, expires_at, issuer, provider_subject, provider_session, id_token)
SELECT $1, $2, $3, $4, $5, $6, $7, $8
 WHERE NOT EXISTS (
    SELECT FROM ops_provider_logouts l
     WHERE l.issuer = $5
       AND CASE WHEN l.provider_session IS NULL OR $7::text IS NULL
                THEN l.provider_subject = $6 AND l.issued_at >= $9
                ELSE l.provider_session = $7 AND coalesce(l.provider_subject, $6) = $6 END)
RETURNING id_hash;

-- name: note_logout
-- No row if this logout was taken before.
INSERT INTO ops_provider_logouts (digest, issuer, provider_subject, provider_session, issued_at)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING digest;

-- name: end
-- One session if both sides know its id, else all sessions of the person.
DELETE FROM ops_sessions s
 WHERE s.issuer = $1
   AND CASE WHEN $3::text IS NULL OR s.provider_session IS NULL
            THEN s.provider_subject = $2
            ELSE s.provider_session = $3 AND coalesce($2, s.provider_subject) = s.provider_subject END
RETURNING id_hash;

-- name: close
DELETE FROM ops_sessions WHERE id_hash = $1 RETURNING issuer, id_token;
