-- Roles belong to the cluster, and several databases may migrate at once: an advisory lock would
-- not reach across databases, so a lost race is caught and tried again.
DO $$
DECLARE
    role_name text;
    attempt   integer;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['nexusflow_app', 'nexusflow_system'] LOOP
        attempt := 0;
        LOOP
            BEGIN
                IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name) THEN
                    EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
                END IF;
                IF NOT pg_catalog.pg_has_role(current_user, role_name, 'MEMBER') THEN
                    EXECUTE format('GRANT %I TO CURRENT_USER', role_name);
                END IF;
                EXIT;
            EXCEPTION
                -- internal_error is "tuple concurrently updated".
                WHEN duplicate_object OR unique_violation OR internal_error THEN
                    attempt := attempt + 1;
                    IF attempt >= 20 THEN
                        RAISE;
                    END IF;
                    PERFORM pg_catalog.pg_sleep(0.05);
            END;
        END LOOP;
    END LOOP;
END
$$;
