-- Mails that are to be sent. What they say holds no secret: tokens of links are made when they are sent.
CREATE TABLE mails (
    id              uuid        NOT NULL,
    organization_id uuid        NOT NULL,
    recipient       text        NOT NULL,
    content         text        NOT NULL,
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    run_at          timestamptz NOT NULL,
    lease_until     timestamptz,
    attempt         integer     NOT NULL DEFAULT 0,
    fence           bigint      NOT NULL DEFAULT 0,
    CONSTRAINT mails_pkey PRIMARY KEY (id),
    CONSTRAINT mails_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT
);
CREATE INDEX mails_due_idx ON mails (run_at);
CREATE INDEX mails_organization_idx ON mails (organization_id);

ALTER TABLE mails ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON mails TO nexusflow_app
    USING (organization_id = ANY ((SELECT nexusflow_organizations())::uuid[]))
    WITH CHECK (organization_id = ANY ((SELECT nexusflow_organizations())::uuid[]));
CREATE POLICY system ON mails TO nexusflow_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON mails TO nexusflow_app, nexusflow_system;
