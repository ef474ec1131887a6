-- One hash chain per request. payload, before and after are the exact bytes that were hashed, so
-- they are text: jsonb would reorder keys and normalise numbers.
CREATE TABLE audit_logs (
    request_id      uuid        NOT NULL,
    seq             bigint      NOT NULL,
    organization_id uuid        NOT NULL,
    id              uuid        NOT NULL,
    event           text        NOT NULL,
    actor_id        uuid,
    request_step_id uuid,
    payload         text        NOT NULL,
    before          text,
    after           text,
    ip              text,
    user_agent      text,
    correlation_id  text,
    credential      text,
    occurred_at     timestamptz NOT NULL,
    prev_hash       bytea       NOT NULL,
    hash            bytea       NOT NULL,
    CONSTRAINT audit_logs_pkey PRIMARY KEY (request_id, seq),
    CONSTRAINT audit_logs_request_fkey FOREIGN KEY (request_id)
        REFERENCES workflow_requests (id) ON DELETE RESTRICT
) PARTITION BY RANGE (request_id);
CREATE TABLE audit_logs_default PARTITION OF audit_logs DEFAULT;
CREATE INDEX audit_logs_actor_idx ON audit_logs (organization_id, actor_id, occurred_at, id);
CREATE INDEX audit_logs_time_idx ON audit_logs (organization_id, occurred_at, id);

-- One hash chain per organization's administration.
CREATE TABLE organization_audit_logs (
    organization_id uuid        NOT NULL,
    seq             bigint      NOT NULL,
    id              uuid        NOT NULL,
    event           text        NOT NULL,
    actor_id        uuid,
    subject_type    text,
    subject_id      uuid,
    payload         text        NOT NULL,
    before          text,
    after           text,
    ip              text,
    user_agent      text,
    correlation_id  text,
    credential      text,
    occurred_at     timestamptz NOT NULL,
    prev_hash       bytea       NOT NULL,
    hash            bytea       NOT NULL,
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
