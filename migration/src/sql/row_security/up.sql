-- The organizations of the current transaction, from a transaction-local setting. Without the
-- setting there are none, and a malformed one is an error: it fails closed. It has no settings of its own, with
-- which it would be called rather than put into the plan (tens of microseconds for each policy of a statement);
-- so it names the schema of everything in it.
CREATE FUNCTION nexusflow_organizations() RETURNS uuid[]
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT coalesce(
        pg_catalog.string_to_array(
            CASE
                WHEN pg_catalog.current_setting('nexusflow.organizations', true) OPERATOR(pg_catalog.<>) ''
                    THEN pg_catalog.current_setting('nexusflow.organizations', true)
            END,
            ',')::pg_catalog.uuid[],
        '{}'::pg_catalog.uuid[])
$$;

GRANT USAGE ON SCHEMA public TO nexusflow_app, nexusflow_system;
GRANT SELECT ON seaql_migrations, permissions, plans TO nexusflow_app, nexusflow_system;

-- Tables of an organization. The sub-select is evaluated once per statement, not once per row.
DO $$
DECLARE
    table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY[
        'memberships', 'roles', 'role_mappings', 'permission_mappings',
        'workflows', 'workflow_versions', 'workflow_steps', 'step_transitions',
        'workflow_requests', 'request_steps', 'request_step_exclusions', 'sla_escalations', 'job_pauses', 'jobs',
        'messages', 'message_subscriptions',
        'audit_logs', 'organization_audit_logs',
        'notifications', 'idempotency_keys'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format(
            'CREATE POLICY tenant ON %I TO nexusflow_app'
            ' USING (organization_id = ANY ((SELECT nexusflow_organizations())::uuid[]))'
            ' WITH CHECK (organization_id = ANY ((SELECT nexusflow_organizations())::uuid[]))',
            table_name);
        EXECUTE format(
            'CREATE POLICY system ON %I TO nexusflow_system USING (true) WITH CHECK (true)', table_name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO nexusflow_app, nexusflow_system', table_name);
        -- The audit logs are append-only, for the workers too.
        IF table_name NOT IN ('audit_logs', 'organization_audit_logs') THEN
            EXECUTE format('GRANT UPDATE, DELETE ON %I TO nexusflow_app, nexusflow_system', table_name);
        END IF;
    END LOOP;
END
$$;

-- Organizations and users are deactivated, never deleted.
ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON organizations TO nexusflow_app
    USING (id = ANY ((SELECT nexusflow_organizations())::uuid[]))
    WITH CHECK (id = ANY ((SELECT nexusflow_organizations())::uuid[]));
CREATE POLICY system ON organizations TO nexusflow_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON organizations TO nexusflow_app, nexusflow_system;

-- Users are global: an organization sees and changes those who belong to it. A user is inserted
-- before the membership, so an insert cannot be checked against one.
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_select ON users FOR SELECT TO nexusflow_app
    USING (EXISTS (
        SELECT FROM memberships
        WHERE memberships.user_id = users.id
          AND memberships.organization_id = ANY ((SELECT nexusflow_organizations())::uuid[])));
CREATE POLICY tenant_insert ON users FOR INSERT TO nexusflow_app
    WITH CHECK (cardinality((SELECT nexusflow_organizations())) > 0);
CREATE POLICY tenant_update ON users FOR UPDATE TO nexusflow_app
    USING (EXISTS (
        SELECT FROM memberships
        WHERE memberships.user_id = users.id
          AND memberships.organization_id = ANY ((SELECT nexusflow_organizations())::uuid[])));
CREATE POLICY system ON users TO nexusflow_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON users TO nexusflow_app, nexusflow_system;
