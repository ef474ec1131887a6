CREATE TABLE organizations (
    id                  BLOB    NOT NULL,
    name                TEXT    NOT NULL,
    slug                TEXT    NOT NULL,
    settings            TEXT    NOT NULL DEFAULT '{}',
    plan                TEXT    NOT NULL DEFAULT 'FREE',
    subscription_status TEXT    NOT NULL DEFAULT 'ACTIVE',
    trial_ends_at       TEXT,
    version             INTEGER NOT NULL DEFAULT 1,
    policy_version      INTEGER NOT NULL DEFAULT 0,
    audit_seq           INTEGER NOT NULL DEFAULT 0,
    audit_hash          BLOB,
    created_at          TEXT    NOT NULL,
    updated_at          TEXT    NOT NULL,
    deleted_at          TEXT,
    CONSTRAINT organizations_pkey PRIMARY KEY (id),
    CONSTRAINT organizations_plan_fkey FOREIGN KEY (plan) REFERENCES plans (code) ON DELETE RESTRICT,
    CONSTRAINT organizations_subscription_status_check
        CHECK (subscription_status IN ('TRIALING', 'ACTIVE', 'PAST_DUE', 'CANCELLED'))
);
CREATE UNIQUE INDEX organizations_slug_key ON organizations (slug);
-- Claims of jobs ask which organizations are deleted.
CREATE INDEX organizations_deleted_idx ON organizations (id) WHERE deleted_at IS NOT NULL;

-- Users are global. They are deactivated, never deleted: history points at them.
CREATE TABLE users (
    id                BLOB NOT NULL,
    email             TEXT NOT NULL,
    name              TEXT NOT NULL,
    password_hash     TEXT,
    email_verified_at TEXT,
    last_login_at     TEXT,
    deactivated_at    TEXT,
    created_at        TEXT NOT NULL,
    updated_at        TEXT NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email_lower_check CHECK (email = lower(email))
);
CREATE UNIQUE INDEX users_email_key ON users (email);

CREATE TABLE memberships (
    organization_id BLOB    NOT NULL,
    user_id         BLOB    NOT NULL,
    created_at      TEXT    NOT NULL,
    deactivated_at  TEXT,
    -- When somebody stopped being a member; he is deactivated then, too.
    removed_at      TEXT,
    CONSTRAINT memberships_pkey PRIMARY KEY (organization_id, user_id),
    CONSTRAINT memberships_removed_check CHECK (removed_at IS NULL OR deactivated_at IS NOT NULL),
    CONSTRAINT memberships_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT,
    CONSTRAINT memberships_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT
);
CREATE INDEX memberships_user_idx ON memberships (user_id);
-- Whose claims are to be given back.
CREATE INDEX memberships_deactivated_idx ON memberships (organization_id, user_id) WHERE deactivated_at IS NOT NULL;
