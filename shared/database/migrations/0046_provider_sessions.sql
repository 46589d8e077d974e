-- Sessions of the dashboard that an OpenID Connect provider has vouched for. The columns are null in sessions that were
-- opened with a token, and in those of older API processes.
ALTER TABLE ops_sessions
    ADD COLUMN issuer text,
    ADD COLUMN provider_subject text,
    ADD COLUMN provider_session text,
    ADD COLUMN id_token bytea;
COMMENT ON COLUMN ops_sessions.provider_session IS 'The provider''s sid.';
COMMENT ON COLUMN ops_sessions.id_token IS 'Sealed with the session''s id, which is not stored.';

-- Each answer of the provider signs somebody in once. A row counts for as long as its flow may take; kept for an hour.
CREATE TABLE ops_used_sign_ins (
    digest  bytea PRIMARY KEY,
    used_at timestamptz NOT NULL DEFAULT now()
);

-- Each logout token counts once, and also ends a sign-in that is on its way. Kept for an hour.
CREATE TABLE ops_provider_logouts (
    digest           bytea PRIMARY KEY,
    issuer           text        NOT NULL,
    provider_subject text,
    provider_session text,
    issued_at        timestamptz NOT NULL,
    received_at      timestamptz NOT NULL DEFAULT now(),
    CHECK (coalesce(provider_subject, provider_session) IS NOT NULL)
);
