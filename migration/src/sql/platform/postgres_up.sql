-- A notification outlives its request, so request_id is not a foreign key.
CREATE TABLE notifications (
    id              uuid        NOT NULL,
    organization_id uuid        NOT NULL,
    user_id         uuid,
    role_id         uuid,
    kind            text        NOT NULL,
    request_id      uuid,
    request_step_id uuid,
    detail          text        NOT NULL,
    created_at      timestamptz NOT NULL,
    CONSTRAINT notifications_pkey PRIMARY KEY (id),
    CONSTRAINT notifications_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT
);
CREATE INDEX notifications_user_idx ON notifications (organization_id, user_id, id);
CREATE INDEX notifications_role_idx ON notifications (organization_id, role_id, id);

CREATE TABLE idempotency_keys (
    organization_id uuid        NOT NULL,
    user_id         uuid        NOT NULL,
    key             text        NOT NULL,
    operation       text        NOT NULL,
    input_hash      bytea       NOT NULL,
    result          text        NOT NULL,
    created_at      timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (organization_id, user_id, key),
    CONSTRAINT idempotency_keys_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT
);
-- Retention deletes by age, across organizations.
CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at);
