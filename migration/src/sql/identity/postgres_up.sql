CREATE TABLE organizations (
    id                  uuid        NOT NULL,
    name                text        NOT NULL,
    slug                text        NOT NULL,
    settings            text        NOT NULL DEFAULT '{}',
    plan                text        NOT NULL DEFAULT 'FREE',
    subscription_status text        NOT NULL DEFAULT 'ACTIVE',
    trial_ends_at       timestamptz,
    version             bigint      NOT NULL DEFAULT 1,
    policy_version      bigint      NOT NULL DEFAULT 0,
    audit_seq           bigint      NOT NULL DEFAULT 0,
    audit_hash          bytea,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    deleted_at          timestamptz,
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
    id                uuid NOT NULL,
    email             text NOT NULL,
    name              text NOT NULL,
    password_hash     text,
    email_verified_at timestamptz,
    last_login_at     timestamptz,
    deactivated_at    timestamptz,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email_lower_check CHECK (email = lower(email))
);
CREATE UNIQUE INDEX users_email_key ON users (email);

CREATE TABLE memberships (
    organization_id uuid        NOT NULL,
    user_id         uuid        NOT NULL,
    created_at      timestamptz NOT NULL,
    deactivated_at  timestamptz,
    -- When somebody stopped being a member; he is deactivated then, too.
    removed_at      timestamptz,
    CONSTRAINT memberships_pkey PRIMARY KEY (organization_id, user_id),
    CONSTRAINT memberships_removed_check CHECK (removed_at IS NULL OR deactivated_at IS NOT NULL),
    CONSTRAINT memberships_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT,
    CONSTRAINT memberships_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE RESTRICT
);
CREATE INDEX memberships_user_idx ON memberships (user_id);
-- Whose claims are to be given back.
CREATE INDEX memberships_deactivated_idx ON memberships (organization_id, user_id) WHERE deactivated_at IS NOT NULL;
