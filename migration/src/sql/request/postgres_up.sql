-- Partitioned by the UUIDv7 of the request, so that a request and its children share a month. JSON is
-- text: the state must equal the fold of the journal, and jsonb would normalise its numbers.
CREATE TABLE workflow_requests (
    id                  uuid        NOT NULL,
    organization_id     uuid        NOT NULL,
    workflow_id         uuid        NOT NULL,
    workflow_version_id uuid        NOT NULL,
    requester_id        uuid        NOT NULL,
    -- The execution of a step that called it. No foreign key: what called it may be removed first.
    parent_request_id   uuid,
    parent_step_id      uuid,
    title               text        NOT NULL,
    reference           text,
    status              text        NOT NULL,
    priority            text        NOT NULL,
    due_at              timestamptz,
    due_order           timestamptz NOT NULL,
    variables           text        NOT NULL,
    state               text        NOT NULL,
    version             bigint      NOT NULL,
    audit_hash          bytea       NOT NULL,
    started_at          timestamptz,
    completed_at        timestamptz,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    CONSTRAINT workflow_requests_pkey PRIMARY KEY (id),
    CONSTRAINT workflow_requests_status_check CHECK (
        status IN ('PENDING', 'IN_PROGRESS', 'SUSPENDED', 'COMPLETED', 'FAILED', 'CANCELLED')
    ),
    CONSTRAINT workflow_requests_priority_check
        CHECK (priority IN ('LOW', 'NORMAL', 'HIGH', 'URGENT')),
    CONSTRAINT workflow_requests_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT,
    CONSTRAINT workflow_requests_workflow_fkey FOREIGN KEY (organization_id, workflow_id)
        REFERENCES workflows (organization_id, id) ON DELETE RESTRICT,
    CONSTRAINT workflow_requests_version_fkey
        FOREIGN KEY (organization_id, workflow_id, workflow_version_id)
        REFERENCES workflow_versions (organization_id, workflow_id, id) ON DELETE RESTRICT,
    CONSTRAINT workflow_requests_requester_fkey FOREIGN KEY (requester_id)
        REFERENCES users (id) ON DELETE RESTRICT
) PARTITION BY RANGE (id);
CREATE TABLE workflow_requests_default PARTITION OF workflow_requests DEFAULT;
CREATE INDEX workflow_requests_organization_idx ON workflow_requests (organization_id, id);
CREATE INDEX workflow_requests_status_idx ON workflow_requests (organization_id, status, id);
CREATE INDEX workflow_requests_workflow_idx ON workflow_requests (organization_id, workflow_id, id);
CREATE INDEX workflow_requests_requester_idx
    ON workflow_requests (organization_id, requester_id, id);
CREATE INDEX workflow_requests_reference_idx ON workflow_requests (organization_id, reference)
    WHERE reference IS NOT NULL;
CREATE INDEX workflow_requests_parent_idx
    ON workflow_requests (organization_id, parent_request_id, id)
    WHERE parent_request_id IS NOT NULL;
-- By due date: due_order is due_at, or the end of the year 9999 where there is none.
CREATE INDEX workflow_requests_due_idx ON workflow_requests (organization_id, due_order, id);
-- Overdue ones, whatever the number of those that ended.
CREATE INDEX workflow_requests_live_due_idx ON workflow_requests (organization_id, due_order, id)
    WHERE status IN ('PENDING', 'IN_PROGRESS', 'SUSPENDED');

-- What belongs to a request refers to it; its row refers to the organization.
CREATE TABLE request_steps (
    request_id       uuid        NOT NULL,
    id               uuid        NOT NULL,
    organization_id  uuid        NOT NULL,
    workflow_step_id uuid        NOT NULL,
    step_key         text        NOT NULL,
    status           text        NOT NULL,
    is_human         boolean     NOT NULL,
    attempt          integer     NOT NULL,
    required_role_id uuid,
    assignee_id      uuid,
    claimed_by       uuid,
    claimed_on_behalf_of uuid,
    votes            integer NOT NULL DEFAULT 0,
    called_id        uuid,
    outcome          text,
    completed_by     uuid,
    completed_on_behalf_of uuid,
    comment          text,
    started_at       timestamptz,
    completed_at     timestamptz,
    deadline         timestamptz,
    due_order        timestamptz NOT NULL,
    -- How its job does, if a worker carries it out, and where it goes: as in jobs.
    job_type         text,
    target           text,
    failed_attempts  integer     NOT NULL DEFAULT 0,
    last_error       text,
    next_attempt_at  timestamptz,
    -- One of several instances: the execution that they belong to, its number, and what it is for.
    instance_of      uuid,
    instance_index   integer,
    item             text,
    input            text,
    created_at       timestamptz NOT NULL,
    CONSTRAINT request_steps_pkey PRIMARY KEY (request_id, id),
    CONSTRAINT request_steps_status_check CHECK (
        status IN ('PENDING', 'ACTIVE', 'COMPLETED', 'FAILED', 'SKIPPED', 'CANCELLED')
    ),
    CONSTRAINT request_steps_request_fkey FOREIGN KEY (request_id)
        REFERENCES workflow_requests (id) ON DELETE RESTRICT,
    CONSTRAINT request_steps_workflow_step_fkey FOREIGN KEY (organization_id, workflow_step_id)
        REFERENCES workflow_steps (organization_id, id) ON DELETE RESTRICT
) PARTITION BY RANGE (request_id);
CREATE TABLE request_steps_default PARTITION OF request_steps DEFAULT;
-- Without it, replacing a draft's steps would scan every partition to enforce the foreign key.
CREATE INDEX request_steps_workflow_step_idx ON request_steps (organization_id, workflow_step_id);
-- The inbox: open human work by role, by assignee and by who claimed it.
CREATE INDEX request_steps_role_inbox_idx
    ON request_steps (organization_id, required_role_id, due_order, id)
    WHERE status = 'ACTIVE' AND is_human AND required_role_id IS NOT NULL;
CREATE INDEX request_steps_assignee_inbox_idx
    ON request_steps (organization_id, assignee_id, due_order, id)
    WHERE status = 'ACTIVE' AND is_human AND assignee_id IS NOT NULL;
CREATE INDEX request_steps_claim_inbox_idx
    ON request_steps (organization_id, claimed_by, due_order, id)
    WHERE status = 'ACTIVE' AND is_human AND claimed_by IS NOT NULL;
-- Open votes, which are counted anew when those who may vote change.
CREATE INDEX request_steps_votes_idx ON request_steps (organization_id, request_id)
    WHERE status = 'ACTIVE' AND votes > 0;

-- Steps that cannot go on by themselves.
CREATE INDEX request_steps_failed_idx ON request_steps (organization_id, id) WHERE status = 'FAILED';
CREATE INDEX request_steps_failed_target_idx ON request_steps (organization_id, target, id)
    WHERE status = 'FAILED' AND target IS NOT NULL;

-- Separation of duties: who may not act on a step.
CREATE TABLE request_step_exclusions (
    request_id      uuid NOT NULL,
    step_id         uuid NOT NULL,
    user_id         uuid NOT NULL,
    organization_id uuid NOT NULL,
    CONSTRAINT request_step_exclusions_pkey PRIMARY KEY (request_id, step_id, user_id),
    CONSTRAINT request_step_exclusions_step_fkey FOREIGN KEY (request_id, step_id)
        REFERENCES request_steps (request_id, id) ON DELETE RESTRICT
) PARTITION BY RANGE (request_id);
CREATE TABLE request_step_exclusions_default PARTITION OF request_step_exclusions DEFAULT;

-- What the system did about a missed deadline. subject_id is the step's or the request's id.
CREATE TABLE sla_escalations (
    request_id      uuid        NOT NULL,
    id              uuid        NOT NULL,
    organization_id uuid        NOT NULL,
    subject_id      uuid        NOT NULL,
    request_step_id uuid,
    rung            integer     NOT NULL,
    action          text        NOT NULL,
    detail          text        NOT NULL,
    missed_deadline timestamptz NOT NULL,
    escalated_at    timestamptz NOT NULL,
    CONSTRAINT sla_escalations_pkey PRIMARY KEY (request_id, id),
    CONSTRAINT sla_escalations_action_check
        CHECK (action IN ('NOTIFY', 'REASSIGN', 'RAISE', 'TAKE_OUTCOME')),
    CONSTRAINT sla_escalations_request_fkey FOREIGN KEY (request_id)
        REFERENCES workflow_requests (id) ON DELETE RESTRICT,
    CONSTRAINT sla_escalations_step_fkey FOREIGN KEY (request_id, request_step_id)
        REFERENCES request_steps (request_id, id) ON DELETE RESTRICT
) PARTITION BY RANGE (request_id);
CREATE TABLE sla_escalations_default PARTITION OF sla_escalations DEFAULT;
CREATE UNIQUE INDEX sla_escalations_rung_key ON sla_escalations (request_id, subject_id, rung);
CREATE INDEX sla_escalations_time_idx ON sla_escalations (organization_id, escalated_at);

-- Work that operators hold back: jobs that carry out steps, of this workflow, kind of step and target; all where there
-- is none. Resuming removes the row.
CREATE TABLE job_pauses (
    id              uuid        NOT NULL,
    organization_id uuid        NOT NULL,
    workflow_id     uuid,
    step_kind       text,
    target          text,
    reason          text        NOT NULL,
    created_by      uuid        NOT NULL,
    created_at      timestamptz NOT NULL,
    CONSTRAINT job_pauses_pkey PRIMARY KEY (id),
    -- What the list and claims read, and what jobs refer to.
    CONSTRAINT job_pauses_organization_key UNIQUE (organization_id, id),
    CONSTRAINT job_pauses_step_kind_check CHECK (step_kind IN ('SERVICE', 'AGENT')),
    CONSTRAINT job_pauses_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT,
    CONSTRAINT job_pauses_workflow_fkey FOREIGN KEY (organization_id, workflow_id)
        REFERENCES workflows (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT job_pauses_created_by_fkey FOREIGN KEY (created_by)
        REFERENCES users (id) ON DELETE RESTRICT
);
-- Without it, purging a workflow would go through all of them.
CREATE INDEX job_pauses_workflow_idx ON job_pauses (organization_id, workflow_id)
    WHERE workflow_id IS NOT NULL;

-- Durable work due at a time. The id of a TIMER job is its request's id, that of others an execution's.
-- A timer that is woken stays due until a worker has looked, whatever the request's state says. A job that a pause
-- holds back is parked: claims do not see it until that pause is gone.
CREATE TABLE jobs (
    id              uuid        NOT NULL,
    organization_id uuid        NOT NULL,
    kind            text        NOT NULL,
    request_id      uuid,
    -- Which workers do it (WORK), and the request that is called (CALL).
    job_type        text,
    called_id       uuid,
    -- The request's workflow; of WORK and ACTION the kind of step that it carries out, and where it goes: its job type
    -- (WORK), host:port or smtp (ACTION).
    workflow_id     uuid,
    step_kind       text,
    target          text,
    run_at          timestamptz NOT NULL,
    woken           boolean     NOT NULL DEFAULT FALSE,
    lease_until     timestamptz,
    attempt         integer     NOT NULL DEFAULT 0,
    fence           bigint      NOT NULL DEFAULT 0,
    payload         text        NOT NULL DEFAULT '{}',
    -- The pause that it is parked by.
    pause_id        uuid,
    created_at      timestamptz NOT NULL,
    CONSTRAINT jobs_pkey PRIMARY KEY (id),
    CONSTRAINT jobs_kind_check CHECK (kind IN ('TIMER', 'WORK', 'CALL', 'ACTION')),
    CONSTRAINT jobs_step_kind_check CHECK (step_kind IN ('SERVICE', 'AGENT')),
    CONSTRAINT jobs_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT,
    CONSTRAINT jobs_pause_fkey FOREIGN KEY (organization_id, pause_id)
        REFERENCES job_pauses (organization_id, id) ON DELETE RESTRICT
)
-- A queue: every claim leaves a dead row where the next claim looks first, so it is vacuumed after
-- one row in a hundred rather than after the usual one in five.
WITH (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.01);
CREATE INDEX jobs_timer_idx ON jobs (run_at) WHERE kind = 'TIMER';
CREATE INDEX jobs_call_idx ON jobs (run_at) WHERE kind = 'CALL';
CREATE INDEX jobs_action_idx ON jobs (run_at) WHERE kind = 'ACTION' AND pause_id IS NULL;
CREATE INDEX jobs_work_idx ON jobs (organization_id, job_type, run_at)
    WHERE kind = 'WORK' AND pause_id IS NULL;
CREATE INDEX jobs_pause_idx ON jobs (organization_id, pause_id) WHERE pause_id IS NOT NULL;
