CREATE TABLE roles (
    id              uuid        NOT NULL,
    organization_id uuid        NOT NULL,
    name            text        NOT NULL,
    description     text        NOT NULL DEFAULT '',
    built_in        boolean     NOT NULL DEFAULT FALSE,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    CONSTRAINT roles_pkey PRIMARY KEY (id),
    CONSTRAINT roles_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT
);
CREATE UNIQUE INDEX roles_name_key ON roles (organization_id, name);
-- Target of the composite foreign keys, which keep a role inside its organization.
CREATE UNIQUE INDEX roles_organization_id_key ON roles (organization_id, id);

CREATE TABLE permissions (
    code        text NOT NULL,
    description text NOT NULL,
    CONSTRAINT permissions_pkey PRIMARY KEY (code)
);

-- Without a workflow in all of them; the foreign key comes with the workflows.
CREATE TABLE role_mappings (
    organization_id uuid        NOT NULL,
    user_id         uuid        NOT NULL,
    role_id         uuid        NOT NULL,
    workflow_id     uuid,
    created_at      timestamptz NOT NULL,
    created_by      uuid,
    CONSTRAINT role_mappings_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT,
    CONSTRAINT role_mappings_membership_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES memberships (organization_id, user_id) ON DELETE RESTRICT,
    CONSTRAINT role_mappings_role_fkey FOREIGN KEY (organization_id, role_id)
        REFERENCES roles (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT role_mappings_created_by_fkey FOREIGN KEY (created_by)
        REFERENCES users (id) ON DELETE RESTRICT
);
-- In place of a primary key, which holds no NULL.
CREATE UNIQUE INDEX role_mappings_key ON role_mappings (organization_id, user_id, role_id, workflow_id)
    NULLS NOT DISTINCT;
CREATE INDEX role_mappings_role_idx ON role_mappings (organization_id, role_id, user_id);
-- Without it, purging a workflow would go through all of them.
CREATE INDEX role_mappings_workflow_idx ON role_mappings (organization_id, workflow_id)
    WHERE workflow_id IS NOT NULL;

CREATE TABLE permission_mappings (
    organization_id uuid        NOT NULL,
    role_id         uuid        NOT NULL,
    permission      text        NOT NULL,
    created_at      timestamptz NOT NULL,
    CONSTRAINT permission_mappings_pkey PRIMARY KEY (organization_id, role_id, permission),
    CONSTRAINT permission_mappings_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT,
    CONSTRAINT permission_mappings_role_fkey FOREIGN KEY (organization_id, role_id)
        REFERENCES roles (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT permission_mappings_permission_fkey FOREIGN KEY (permission)
        REFERENCES permissions (code) ON DELETE RESTRICT
);
