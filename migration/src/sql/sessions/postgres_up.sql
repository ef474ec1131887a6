-- Who is signed in, from where. One session belongs to one person in one organization.
CREATE TABLE sessions (
    id              uuid        NOT NULL,
    organization_id uuid        NOT NULL,
    user_id         uuid        NOT NULL,
    created_at      timestamptz NOT NULL,
    last_seen_at    timestamptz NOT NULL,
    -- When it ends, whatever happens.
    expires_at      timestamptz NOT NULL,
    -- When it ends unless it is refreshed; when it was revoked, if it was.
    ends_at         timestamptz NOT NULL,
    address         text,
    client          text,
    revoked_reason  text,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_organization_key UNIQUE (organization_id, id),
    CONSTRAINT sessions_end_check CHECK (ends_at <= expires_at),
    CONSTRAINT sessions_user_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES memberships (organization_id, user_id) ON DELETE RESTRICT
);
-- A person's list.
CREATE INDEX sessions_user_idx ON sessions (organization_id, user_id, id);
-- What the policy knows: those that were revoked not long ago.
CREATE INDEX sessions_revoked_idx ON sessions (organization_id, ends_at) WHERE revoked_reason IS NOT NULL;
-- Upkeep, of all organizations.
CREATE INDEX sessions_end_idx ON sessions (ends_at);

-- What keeps sessions alive, by the SHA-256 of a secret. Used ones stay, so that a second use shows.
CREATE TABLE refresh_tokens (
    organization_id uuid        NOT NULL,
    hash            bytea       NOT NULL,
    session_id      uuid        NOT NULL,
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    used_at         timestamptz,
    CONSTRAINT refresh_tokens_pkey PRIMARY KEY (organization_id, hash),
    CONSTRAINT refresh_tokens_session_fkey FOREIGN KEY (organization_id, session_id)
        REFERENCES sessions (organization_id, id) ON DELETE RESTRICT
);
CREATE INDEX refresh_tokens_session_idx ON refresh_tokens (organization_id, session_id);
-- Upkeep, of all organizations.
CREATE INDEX refresh_tokens_expiry_idx ON refresh_tokens (expires_at);

ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sessions TO nexusflow_app
    USING (organization_id = ANY ((SELECT nexusflow_organizations())::uuid[]))
    WITH CHECK (organization_id = ANY ((SELECT nexusflow_organizations())::uuid[]));
CREATE POLICY system ON sessions TO nexusflow_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO nexusflow_app, nexusflow_system;

ALTER TABLE refresh_tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON refresh_tokens TO nexusflow_app
    USING (organization_id = ANY ((SELECT nexusflow_organizations())::uuid[]))
    WITH CHECK (organization_id = ANY ((SELECT nexusflow_organizations())::uuid[]));
CREATE POLICY system ON refresh_tokens TO nexusflow_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON refresh_tokens TO nexusflow_app, nexusflow_system;
