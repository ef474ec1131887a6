CREATE TABLE workflows (
    id                uuid        NOT NULL,
    organization_id   uuid        NOT NULL,
    name              text        NOT NULL,
    description       text        NOT NULL DEFAULT '',
    status            text        NOT NULL,
    active_version_id uuid,
    version           bigint      NOT NULL DEFAULT 0,
    created_by        uuid,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    deleted_at        timestamptz,
    CONSTRAINT workflows_pkey PRIMARY KEY (id),
    CONSTRAINT workflows_status_check CHECK (status IN ('DRAFT', 'ACTIVE', 'PAUSED', 'ARCHIVED')),
    CONSTRAINT workflows_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT,
    CONSTRAINT workflows_created_by_fkey FOREIGN KEY (created_by)
        REFERENCES users (id) ON DELETE RESTRICT
);
CREATE UNIQUE INDEX workflows_organization_id_key ON workflows (organization_id, id);
ALTER TABLE role_mappings ADD CONSTRAINT role_mappings_workflow_fkey FOREIGN KEY (organization_id, workflow_id)
    REFERENCES workflows (organization_id, id) ON DELETE CASCADE;
CREATE UNIQUE INDEX workflows_name_key ON workflows (organization_id, name)
    WHERE deleted_at IS NULL;

CREATE TABLE workflow_versions (
    id                   uuid        NOT NULL,
    organization_id      uuid        NOT NULL,
    workflow_id          uuid        NOT NULL,
    number               integer     NOT NULL,
    status               text        NOT NULL,
    -- A draft's document; a published version's steps and transitions are rows.
    document             text,
    -- The roles and people that the published version names, as they were resolved.
    names                text,
    sla                  text,
    due_date_escalations text        NOT NULL DEFAULT '[]',
    scopes               text        NOT NULL DEFAULT '[]',
    input_schema         text,
    -- What verification found when the version was published.
    soundness            text,
    published_at         timestamptz,
    published_by         uuid,
    created_at           timestamptz NOT NULL,
    updated_at           timestamptz NOT NULL,
    CONSTRAINT workflow_versions_pkey PRIMARY KEY (id),
    CONSTRAINT workflow_versions_status_check CHECK (status IN ('DRAFT', 'PUBLISHED', 'RETIRED')),
    CONSTRAINT workflow_versions_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT,
    CONSTRAINT workflow_versions_workflow_fkey FOREIGN KEY (organization_id, workflow_id)
        REFERENCES workflows (organization_id, id) ON DELETE RESTRICT,
    CONSTRAINT workflow_versions_published_by_fkey FOREIGN KEY (published_by)
        REFERENCES users (id) ON DELETE RESTRICT
);
CREATE UNIQUE INDEX workflow_versions_number_key ON workflow_versions (workflow_id, number);
CREATE UNIQUE INDEX workflow_versions_draft_key ON workflow_versions (workflow_id)
    WHERE status = 'DRAFT';
-- Targets of the composite foreign keys, which keep a version inside its organization and workflow.
CREATE UNIQUE INDEX workflow_versions_organization_id_key ON workflow_versions (organization_id, id);
CREATE UNIQUE INDEX workflow_versions_workflow_id_key
    ON workflow_versions (organization_id, workflow_id, id);

ALTER TABLE workflows ADD CONSTRAINT workflows_active_version_fkey
    FOREIGN KEY (organization_id, id, active_version_id)
    REFERENCES workflow_versions (organization_id, workflow_id, id) ON DELETE RESTRICT;

CREATE TABLE workflow_steps (
    id                  uuid        NOT NULL,
    organization_id     uuid        NOT NULL,
    workflow_version_id uuid        NOT NULL,
    key                 text        NOT NULL,
    name                text        NOT NULL,
    description         text        NOT NULL DEFAULT '',
    kind                text        NOT NULL,
    join_kind           text        NOT NULL,
    split_kind          text        NOT NULL,
    required_role_id    uuid,
    assignee_id         uuid,
    config              text        NOT NULL DEFAULT '{}',
    is_required         boolean     NOT NULL DEFAULT TRUE,
    position            integer     NOT NULL,
    created_at          timestamptz NOT NULL,
    CONSTRAINT workflow_steps_pkey PRIMARY KEY (id),
    CONSTRAINT workflow_steps_kind_check
        CHECK (kind IN (
            'START', 'END', 'TASK', 'APPROVAL', 'SERVICE', 'AGENT', 'DECISION', 'WAIT', 'CALL', 'RACE', 'BOUNDARY'
        )),
    CONSTRAINT workflow_steps_join_check CHECK (join_kind IN ('ANY', 'ALL', 'SOME', 'AT_LEAST')),
    CONSTRAINT workflow_steps_split_check CHECK (split_kind IN ('ONE', 'SOME', 'ALL')),
    CONSTRAINT workflow_steps_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT,
    CONSTRAINT workflow_steps_version_fkey FOREIGN KEY (organization_id, workflow_version_id)
        REFERENCES workflow_versions (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT workflow_steps_role_fkey FOREIGN KEY (organization_id, required_role_id)
        REFERENCES roles (organization_id, id) ON DELETE RESTRICT,
    CONSTRAINT workflow_steps_assignee_fkey FOREIGN KEY (assignee_id)
        REFERENCES users (id) ON DELETE RESTRICT
);
CREATE UNIQUE INDEX workflow_steps_key_key ON workflow_steps (workflow_version_id, key);
-- Targets of the composite foreign keys of executions and transitions.
CREATE UNIQUE INDEX workflow_steps_organization_id_key ON workflow_steps (organization_id, id);
CREATE UNIQUE INDEX workflow_steps_version_id_key
    ON workflow_steps (organization_id, workflow_version_id, id);
CREATE INDEX workflow_steps_role_idx ON workflow_steps (organization_id, required_role_id)
    WHERE required_role_id IS NOT NULL;

CREATE TABLE step_transitions (
    id                  uuid        NOT NULL,
    organization_id     uuid        NOT NULL,
    workflow_version_id uuid        NOT NULL,
    ordinal             integer     NOT NULL,
    from_step_id        uuid        NOT NULL,
    to_step_id          uuid        NOT NULL,
    outcome             text,
    condition           text,
    priority            integer     NOT NULL DEFAULT 0,
    is_default          boolean     NOT NULL DEFAULT FALSE,
    created_at          timestamptz NOT NULL,
    CONSTRAINT step_transitions_pkey PRIMARY KEY (id),
    CONSTRAINT step_transitions_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT,
    CONSTRAINT step_transitions_version_fkey FOREIGN KEY (organization_id, workflow_version_id)
        REFERENCES workflow_versions (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT step_transitions_from_fkey
        FOREIGN KEY (organization_id, workflow_version_id, from_step_id)
        REFERENCES workflow_steps (organization_id, workflow_version_id, id) ON DELETE CASCADE,
    CONSTRAINT step_transitions_to_fkey
        FOREIGN KEY (organization_id, workflow_version_id, to_step_id)
        REFERENCES workflow_steps (organization_id, workflow_version_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX step_transitions_ordinal_key ON step_transitions (workflow_version_id, ordinal);
CREATE INDEX step_transitions_from_idx
    ON step_transitions (organization_id, workflow_version_id, from_step_id);
CREATE INDEX step_transitions_to_idx
    ON step_transitions (organization_id, workflow_version_id, to_step_id);
