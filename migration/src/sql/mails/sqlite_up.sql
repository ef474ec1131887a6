-- Mails that are to be sent. What they say holds no secret: tokens of links are made when they are sent.
CREATE TABLE mails (
    id              BLOB    NOT NULL,
    organization_id BLOB    NOT NULL,
    recipient       TEXT    NOT NULL,
    content         TEXT    NOT NULL,
    created_at      TEXT    NOT NULL,
    expires_at      TEXT    NOT NULL,
    run_at          TEXT    NOT NULL,
    lease_until     TEXT,
    attempt         INTEGER NOT NULL DEFAULT 0,
    fence           INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT mails_pkey PRIMARY KEY (id),
    CONSTRAINT mails_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT
);
CREATE INDEX mails_due_idx ON mails (run_at);
CREATE INDEX mails_organization_idx ON mails (organization_id);
