-- A row in every table of one organization, whose digit is {o}.
INSERT INTO organizations (id, name, slug, created_at, updated_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000001', 'Org {o}', 'org-{o}', '2026-11-20T09:00:00+00:00', '2026-11-20T09:00:00+00:00');
INSERT INTO users (id, email, name, created_at, updated_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000002', '{o}@example.org', 'User {o}', '2026-11-20T09:00:00+00:00', '2026-11-20T09:00:00+00:00');
INSERT INTO memberships (organization_id, user_id, created_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000001', '{o}0000000-0000-7000-8000-000000000002', '2026-11-20T09:00:00+00:00');
INSERT INTO roles (id, organization_id, name, created_at, updated_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000003', '{o}0000000-0000-7000-8000-000000000001', 'Manager', '2026-11-20T09:00:00+00:00', '2026-11-20T09:00:00+00:00');
INSERT INTO role_mappings (organization_id, user_id, role_id, created_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000001', '{o}0000000-0000-7000-8000-000000000002', '{o}0000000-0000-7000-8000-000000000003', '2026-11-20T09:00:00+00:00');
INSERT INTO permission_mappings (organization_id, role_id, permission, created_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000001', '{o}0000000-0000-7000-8000-000000000003', 'APPROVE_REQUEST', '2026-11-20T09:00:00+00:00');
INSERT INTO workflows (id, organization_id, name, status, created_by, created_at, updated_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000004', '{o}0000000-0000-7000-8000-000000000001', 'Leave', 'DRAFT', '{o}0000000-0000-7000-8000-000000000002', '2026-11-20T09:00:00+00:00', '2026-11-20T09:00:00+00:00');
INSERT INTO workflow_versions (id, organization_id, workflow_id, number, status, created_at, updated_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000005', '{o}0000000-0000-7000-8000-000000000001', '{o}0000000-0000-7000-8000-000000000004', 1, 'PUBLISHED', '2026-11-20T09:00:00+00:00', '2026-11-20T09:00:00+00:00');
UPDATE workflows SET status = 'ACTIVE', active_version_id = '{o}0000000-0000-7000-8000-000000000005'
    WHERE id = '{o}0000000-0000-7000-8000-000000000004';
INSERT INTO workflow_steps (id, organization_id, workflow_version_id, key, name, kind, join_kind, split_kind, required_role_id, position, created_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000006', '{o}0000000-0000-7000-8000-000000000001', '{o}0000000-0000-7000-8000-000000000005', 'start', 'Start', 'START', 'ANY', 'ONE', NULL, 0, '2026-11-20T09:00:00+00:00'),
    ('{o}0000000-0000-7000-8000-000000000007', '{o}0000000-0000-7000-8000-000000000001', '{o}0000000-0000-7000-8000-000000000005', 'approve', 'Approve', 'APPROVAL', 'ANY', 'ONE', '{o}0000000-0000-7000-8000-000000000003', 1, '2026-11-20T09:00:00+00:00');
INSERT INTO step_transitions (id, organization_id, workflow_version_id, ordinal, from_step_id, to_step_id, created_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000008', '{o}0000000-0000-7000-8000-000000000001', '{o}0000000-0000-7000-8000-000000000005', 0, '{o}0000000-0000-7000-8000-000000000006', '{o}0000000-0000-7000-8000-000000000007', '2026-11-20T09:00:00+00:00');
INSERT INTO workflow_requests (id, organization_id, workflow_id, workflow_version_id, requester_id, title, status, priority, due_order, variables, state, version, audit_hash, created_at, updated_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000009', '{o}0000000-0000-7000-8000-000000000001', '{o}0000000-0000-7000-8000-000000000004', '{o}0000000-0000-7000-8000-000000000005', '{o}0000000-0000-7000-8000-000000000002', 'A week off', 'IN_PROGRESS', 'NORMAL', '9999-12-31T00:00:00+00:00', '{}', '{}', 1, 'hash', '2026-11-20T09:00:00+00:00', '2026-11-20T09:00:00+00:00');
INSERT INTO request_steps (request_id, id, organization_id, workflow_step_id, step_key, status, is_human, attempt, required_role_id, due_order, created_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000009', '{o}0000000-0000-7000-8000-00000000000a', '{o}0000000-0000-7000-8000-000000000001', '{o}0000000-0000-7000-8000-000000000007', 'approve', 'ACTIVE', TRUE, 1, '{o}0000000-0000-7000-8000-000000000003', '9999-12-31T00:00:00+00:00', '2026-11-20T09:00:00+00:00');
INSERT INTO request_step_exclusions (request_id, step_id, user_id, organization_id) VALUES
    ('{o}0000000-0000-7000-8000-000000000009', '{o}0000000-0000-7000-8000-00000000000a', '{o}0000000-0000-7000-8000-000000000002', '{o}0000000-0000-7000-8000-000000000001');
INSERT INTO sla_escalations (request_id, id, organization_id, subject_id, request_step_id, rung, action, detail, missed_deadline, escalated_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000009', '{o}0000000-0000-7000-8000-00000000000b', '{o}0000000-0000-7000-8000-000000000001', '{o}0000000-0000-7000-8000-00000000000a', '{o}0000000-0000-7000-8000-00000000000a', 0, 'NOTIFY', '{}', '2026-11-20T09:00:00+00:00', '2026-11-20T09:00:00+00:00');
INSERT INTO job_pauses (id, organization_id, reason, created_by, created_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000011', '{o}0000000-0000-7000-8000-000000000001', 'Upkeep', '{o}0000000-0000-7000-8000-000000000002', '2026-11-20T09:00:00+00:00');
INSERT INTO jobs (id, organization_id, kind, request_id, run_at, created_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000009', '{o}0000000-0000-7000-8000-000000000001', 'TIMER', '{o}0000000-0000-7000-8000-000000000009', '2026-11-20T09:00:00+00:00', '2026-11-20T09:00:00+00:00');
INSERT INTO messages (id, organization_id, name, key, payload, published_at, expires_at) VALUES
    ('{o}0000000-0000-7000-8000-00000000000f', '{o}0000000-0000-7000-8000-000000000001', 'paid', 'O-1', '{}', '2026-11-20T09:00:00+00:00', '2026-11-21T09:00:00+00:00');
INSERT INTO message_subscriptions (request_id, subject_id, boundary, organization_id, name, key, opened_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000009', '{o}0000000-0000-7000-8000-00000000000a', '', '{o}0000000-0000-7000-8000-000000000001', 'paid', 'O-1', '2026-11-20T09:00:00+00:00');
INSERT INTO audit_logs (request_id, seq, organization_id, id, event, payload, occurred_at, prev_hash, hash) VALUES
    ('{o}0000000-0000-7000-8000-000000000009', 1, '{o}0000000-0000-7000-8000-000000000001', '{o}0000000-0000-7000-8000-00000000000c', 'STARTED', '{}', '2026-11-20T09:00:00+00:00', 'prev', 'hash');
INSERT INTO organization_audit_logs (organization_id, seq, id, event, payload, occurred_at, prev_hash, hash) VALUES
    ('{o}0000000-0000-7000-8000-000000000001', 1, '{o}0000000-0000-7000-8000-00000000000d', 'ROLE_CREATED', '{}', '2026-11-20T09:00:00+00:00', 'prev', 'hash');
INSERT INTO notifications (id, organization_id, kind, detail, created_at) VALUES
    ('{o}0000000-0000-7000-8000-00000000000e', '{o}0000000-0000-7000-8000-000000000001', 'STEP_OPENED', '{}', '2026-11-20T09:00:00+00:00');
INSERT INTO idempotency_keys (organization_id, user_id, key, operation, input_hash, result, created_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000001', '{o}0000000-0000-7000-8000-000000000002', 'key', 'startRequest', 'hash', '{}', '2026-11-20T09:00:00+00:00');
INSERT INTO users (id, email, name, created_at, updated_at) VALUES
    ('{o}0000000-0000-7000-8000-00000000000f', '{o}2@example.org', 'Deputy {o}', '2026-11-20T09:00:00+00:00', '2026-11-20T09:00:00+00:00');
INSERT INTO memberships (organization_id, user_id, created_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000001', '{o}0000000-0000-7000-8000-00000000000f', '2026-11-20T09:00:00+00:00');
INSERT INTO delegations (id, organization_id, delegator_id, delegate_id, starts_at, ends_at, reason, created_by, created_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000010', '{o}0000000-0000-7000-8000-000000000001', '{o}0000000-0000-7000-8000-000000000002', '{o}0000000-0000-7000-8000-00000000000f', '2026-11-20T09:00:00+00:00', '2026-11-21T09:00:00+00:00', 'Holiday', '{o}0000000-0000-7000-8000-000000000002', '2026-11-20T09:00:00+00:00');
INSERT INTO sessions (id, organization_id, user_id, created_at, last_seen_at, expires_at, ends_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000012', '{o}0000000-0000-7000-8000-000000000001', '{o}0000000-0000-7000-8000-000000000002', '2026-11-20T09:00:00+00:00', '2026-11-20T09:00:00+00:00', '2026-11-20T09:00:00+00:00', '2026-11-20T09:00:00+00:00');
INSERT INTO refresh_tokens (organization_id, hash, session_id, created_at, expires_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000001', 'hash', '{o}0000000-0000-7000-8000-000000000012', '2026-11-20T09:00:00+00:00', '2026-11-20T09:00:00+00:00');
INSERT INTO verifications (id, organization_id, purpose, email, created_at, expires_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000014', '{o}0000000-0000-7000-8000-000000000001', 'INVITATION', 'new@example.org', '2026-11-20T09:00:00+00:00', '2026-11-27T09:00:00+00:00');
INSERT INTO mails (id, organization_id, recipient, content, created_at, expires_at, run_at) VALUES
    ('{o}0000000-0000-7000-8000-000000000013', '{o}0000000-0000-7000-8000-000000000001', 'new@example.org', '{}', '2026-11-20T09:00:00+00:00', '2026-11-27T09:00:00+00:00', '2026-11-20T09:00:00+00:00');
