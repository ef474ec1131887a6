-- Who may act on behalf of whom, and until when. Revoked ones stay.
CREATE TABLE delegations (
    id              BLOB NOT NULL,
    organization_id BLOB NOT NULL,
    delegator_id    BLOB NOT NULL,
    delegate_id     BLOB NOT NULL,
    workflow_id     BLOB,
    starts_at       TEXT NOT NULL,
    ends_at         TEXT NOT NULL,
    reason          TEXT NOT NULL,
    created_by      BLOB NOT NULL,
    created_at      TEXT NOT NULL,
    revoked_by      BLOB,
    revoked_at      TEXT,
    CONSTRAINT delegations_pkey PRIMARY KEY (id),
    CONSTRAINT delegations_people_check CHECK (delegator_id <> delegate_id),
    CONSTRAINT delegations_period_check CHECK (starts_at < ends_at),
    CONSTRAINT delegations_revocation_check CHECK ((revoked_by IS NULL) = (revoked_at IS NULL)),
    CONSTRAINT delegations_organization_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE RESTRICT,
    CONSTRAINT delegations_delegator_fkey FOREIGN KEY (organization_id, delegator_id)
        REFERENCES memberships (organization_id, user_id) ON DELETE RESTRICT,
    CONSTRAINT delegations_delegate_fkey FOREIGN KEY (organization_id, delegate_id)
        REFERENCES memberships (organization_id, user_id) ON DELETE RESTRICT,
    CONSTRAINT delegations_workflow_fkey FOREIGN KEY (organization_id, workflow_id)
        REFERENCES workflows (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT delegations_created_by_fkey FOREIGN KEY (created_by)
        REFERENCES users (id) ON DELETE RESTRICT,
    CONSTRAINT delegations_revoked_by_fkey FOREIGN KEY (revoked_by)
        REFERENCES users (id) ON DELETE RESTRICT
);
-- Lists: of everybody, and of those that somebody gave or received.
CREATE INDEX delegations_organization_idx ON delegations (organization_id, id);
CREATE INDEX delegations_delegator_idx ON delegations (organization_id, delegator_id, id);
CREATE INDEX delegations_delegate_idx ON delegations (organization_id, delegate_id, id);
-- What the policy knows: those that are not over, or have not been for long.
CREATE INDEX delegations_end_idx ON delegations (organization_id, ends_at);
-- Without it, purging a workflow would go through all of them.
CREATE INDEX delegations_workflow_idx ON delegations (organization_id, workflow_id)
    WHERE workflow_id IS NOT NULL;
