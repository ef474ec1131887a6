-- One hash chain per request. payload, before and after are the exact bytes that were hashed.
CREATE TABLE audit_logs (
    request_id      BLOB    NOT NULL,
    seq             INTEGER NOT NULL,
    organization_id BLOB    NOT NULL,
    id              BLOB    NOT NULL,
    event           TEXT    NOT NULL,
    actor_id        BLOB,
    request_step_id BLOB,
    payload         TEXT    NOT NULL,
    before          TEXT,
    after           TEXT,
    ip              TEXT,
    user_agent      TEXT,
    correlation_id  TEXT,
    credential      TEXT,
    occurred_at     TEXT    NOT NULL,
    prev_hash       BLOB    NOT NULL,
    hash            BLOB    NOT NULL,
    CONSTRAINT audit_logs_pkey PRIMARY KEY (request_id, seq),
    CONSTRAINT audit_logs_request_fkey FOREIGN KEY (request_id)
        REFERENCES workflow_requests (id) ON DELETE RESTRICT
);
CREATE INDEX audit_logs_actor_idx ON audit_logs (organization_id, actor_id, occurred_at, id);
CREATE INDEX audit_logs_time_idx ON audit_logs (organization_id, occurred_at, id);

-- One hash chain per organization's administration.
CREATE TABLE organization_audit_logs (
    organization_id BLOB    NOT NULL,
    seq             INTEGER NOT NULL,
    id              BLOB    NOT NULL,
    event           TEXT    NOT NULL,
    actor_id        BLOB,
    subject_type    TEXT,
    subject_id      BLOB,
    payload         TEXT    NOT NULL,
    before          TEXT,
    after           TEXT,
    ip              TEXT,
    user_agent      TEXT,
    correlation_id  TEXT,
    credential      TEXT,
    occurred_at     TEXT    NOT NULL,
    prev_hash       BLOB    NOT NULL,
    hash            BLOB    NOT NULL,
    CONSTRAINT organization_audit_logs_pkey PRIMARY KEY (organization_id, seq),
    CONSTRAINT organization_audit_logs_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT
);
CREATE INDEX organization_audit_logs_actor_idx
    ON organization_audit_logs (organization_id, actor_id, occurred_at, id);
CREATE INDEX organization_audit_logs_time_idx
    ON organization_audit_logs (organization_id, occurred_at, id);
CREATE INDEX organization_audit_logs_subject_idx
    ON organization_audit_logs (organization_id, subject_id);
