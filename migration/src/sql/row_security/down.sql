DO $$
DECLARE
    policy record;
BEGIN
    FOR policy IN
        SELECT policyname, tablename FROM pg_catalog.pg_policies
        WHERE schemaname = 'public' AND policyname IN
            ('tenant', 'tenant_select', 'tenant_insert', 'tenant_update', 'system')
          AND roles && ARRAY['nexusflow_app', 'nexusflow_system']::name[]
    LOOP
        EXECUTE format('DROP POLICY %I ON public.%I', policy.policyname, policy.tablename);
        EXECUTE format('ALTER TABLE public.%I DISABLE ROW LEVEL SECURITY', policy.tablename);
        EXECUTE format('REVOKE ALL ON public.%I FROM nexusflow_app, nexusflow_system', policy.tablename);
    END LOOP;
END
$$;
REVOKE ALL ON seaql_migrations, permissions, plans FROM nexusflow_app, nexusflow_system;
REVOKE USAGE ON SCHEMA public FROM nexusflow_app, nexusflow_system;
DROP FUNCTION nexusflow_organizations();
