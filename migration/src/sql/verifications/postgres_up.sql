-- One-time links. What makes them hard to guess is not stored: it follows from the id, the serial number and a key that
-- only the servers have.
CREATE TABLE verifications (
    id              uuid        NOT NULL,
    organization_id uuid        NOT NULL,
    purpose         text        NOT NULL,
    user_id         uuid,
    email           text        NOT NULL,
    roles           text        NOT NULL DEFAULT '[]',
    created_by      uuid,
    created_at      timestamptz NOT NULL,
    serial          integer     NOT NULL DEFAULT 0,
    expires_at      timestamptz NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    ended_at        timestamptz,
    ended_by        text,
    CONSTRAINT verifications_pkey PRIMARY KEY (id),
    CONSTRAINT verifications_purpose_check
        CHECK (purpose IN ('INVITATION', 'EMAIL_VERIFICATION', 'EMAIL_CHANGE', 'PASSWORD_RESET')),
    CONSTRAINT verifications_user_check CHECK ((purpose = 'INVITATION') = (user_id IS NULL)),
    CONSTRAINT verifications_end_check CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CONSTRAINT verifications_ended_by_check CHECK (ended_by IN ('USED', 'REVOKED')),
    CONSTRAINT verifications_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT,
    CONSTRAINT verifications_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT,
    CONSTRAINT verifications_created_by_fkey FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE RESTRICT
);
CREATE INDEX verifications_organization_idx ON verifications (organization_id, purpose, id);
-- An address has one open invitation.
CREATE UNIQUE INDEX verifications_email_key ON verifications (organization_id, email)
    WHERE purpose = 'INVITATION' AND ended_at IS NULL;
CREATE INDEX verifications_user_idx ON verifications (user_id, purpose, id) WHERE user_id IS NOT NULL;

ALTER TABLE verifications ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON verifications TO nexusflow_app
    USING (organization_id = ANY ((SELECT nexusflow_organizations())::uuid[]))
    WITH CHECK (organization_id = ANY ((SELECT nexusflow_organizations())::uuid[]));
CREATE POLICY system ON verifications TO nexusflow_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON verifications TO nexusflow_app, nexusflow_system;
