CREATE TABLE workflows (
    id                BLOB    NOT NULL,
    organization_id   BLOB    NOT NULL,
    name              TEXT    NOT NULL,
    description       TEXT    NOT NULL DEFAULT '',
    status            TEXT    NOT NULL,
    active_version_id BLOB,
    version           INTEGER NOT NULL DEFAULT 0,
    created_by        BLOB,
    created_at        TEXT    NOT NULL,
    updated_at        TEXT    NOT NULL,
    deleted_at        TEXT,
    CONSTRAINT workflows_pkey PRIMARY KEY (id),
    CONSTRAINT workflows_status_check CHECK (status IN ('DRAFT', 'ACTIVE', 'PAUSED', 'ARCHIVED')),
    CONSTRAINT workflows_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT,
    CONSTRAINT workflows_created_by_fkey FOREIGN KEY (created_by)
        REFERENCES users (id) ON DELETE RESTRICT,
    CONSTRAINT workflows_active_version_fkey
        FOREIGN KEY (organization_id, id, active_version_id)
        REFERENCES workflow_versions (organization_id, workflow_id, id) ON DELETE RESTRICT
);
CREATE UNIQUE INDEX workflows_organization_id_key ON workflows (organization_id, id);
CREATE UNIQUE INDEX workflows_name_key ON workflows (organization_id, name)
    WHERE deleted_at IS NULL;

CREATE TABLE workflow_versions (
    id                   BLOB    NOT NULL,
    organization_id      BLOB    NOT NULL,
    workflow_id          BLOB    NOT NULL,
    number               INTEGER NOT NULL,
    status               TEXT    NOT NULL,
    -- A draft's document; a published version's steps and transitions are rows.
    document             TEXT,
    -- The roles and people that the published version names, as they were resolved.
    names                TEXT,
    sla                  TEXT,
    due_date_escalations TEXT    NOT NULL DEFAULT '[]',
    scopes               TEXT    NOT NULL DEFAULT '[]',
    input_schema         TEXT,
    -- What verification found when the version was published.
    soundness            TEXT,
    published_at         TEXT,
    published_by         BLOB,
    created_at           TEXT    NOT NULL,
    updated_at           TEXT    NOT NULL,
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

CREATE TABLE workflow_steps (
    id                  BLOB    NOT NULL,
    organization_id     BLOB    NOT NULL,
    workflow_version_id BLOB    NOT NULL,
    key                 TEXT    NOT NULL,
    name                TEXT    NOT NULL,
    description         TEXT    NOT NULL DEFAULT '',
    kind                TEXT    NOT NULL,
    join_kind           TEXT    NOT NULL,
    split_kind          TEXT    NOT NULL,
    required_role_id    BLOB,
    assignee_id         BLOB,
    config              TEXT    NOT NULL DEFAULT '{}',
    is_required         BOOLEAN NOT NULL DEFAULT TRUE,
    position            INTEGER NOT NULL,
    created_at          TEXT    NOT NULL,
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
    id                  BLOB    NOT NULL,
    organization_id     BLOB    NOT NULL,
    workflow_version_id BLOB    NOT NULL,
    ordinal             INTEGER NOT NULL,
    from_step_id        BLOB    NOT NULL,
    to_step_id          BLOB    NOT NULL,
    outcome             TEXT,
    condition           TEXT,
    priority            INTEGER NOT NULL DEFAULT 0,
    is_default          BOOLEAN NOT NULL DEFAULT FALSE,
    created_at          TEXT    NOT NULL,
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
