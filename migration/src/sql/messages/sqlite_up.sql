-- Messages from outside. They are kept until they expire, and longer while something waits for them.
CREATE TABLE messages (
    id              BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    name            TEXT NOT NULL,
    key             TEXT NOT NULL,
    payload         TEXT NOT NULL,
    published_at    TEXT NOT NULL,
    expires_at      TEXT NOT NULL,
    -- What received it: a step, a boundary event of a step, or (without a step) one of a scope.
    received_at     TEXT,
    request_id      BLOB,
    request_step_id BLOB,
    boundary        TEXT,
    CONSTRAINT messages_pkey PRIMARY KEY (id),
    CONSTRAINT messages_received_check CHECK ((received_at IS NULL) = (request_id IS NULL)),
    CONSTRAINT messages_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT
);
CREATE INDEX messages_organization_idx ON messages (organization_id, id);
CREATE INDEX messages_address_idx ON messages (organization_id, name, key, id);
-- What is still to be received: in all, by tenant, and by address.
CREATE INDEX messages_unreceived_idx ON messages (id) WHERE received_at IS NULL;
CREATE INDEX messages_unreceived_address_idx ON messages (organization_id, name, key, id)
    WHERE received_at IS NULL;
CREATE INDEX messages_expiry_idx ON messages (expires_at);

-- The places that wait for messages; they follow the states of requests. subject_id is the execution
-- that waits or is the host of the boundary event; for a scope's boundary event it is the request's id.
-- boundary is empty where the step itself waits.
CREATE TABLE message_subscriptions (
    request_id      BLOB NOT NULL,
    subject_id      BLOB NOT NULL,
    boundary        TEXT NOT NULL,
    organization_id BLOB NOT NULL,
    name            TEXT NOT NULL,
    key             TEXT NOT NULL,
    since           TEXT,
    opened_at       TEXT NOT NULL,
    CONSTRAINT message_subscriptions_pkey PRIMARY KEY (request_id, subject_id, boundary),
    CONSTRAINT message_subscriptions_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT
);
CREATE INDEX message_subscriptions_address_idx
    ON message_subscriptions (organization_id, name, key, opened_at, request_id);
