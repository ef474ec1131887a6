-- The lowest UUIDv7 (RFC 9562, section 5.7) of the millisecond in which "at" lies.
CREATE FUNCTION nexusflow_uuid_v7_floor(at timestamptz) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM at - timestamptz '1970-01-01 00:00:00+00') * 1000)::bigint), 12, '0')
            || '70008000000000000000')::uuid
$$;

-- Creates the missing monthly partitions (UTC) of every partitioned table, for "months" months from
-- the one in which from_time lies, and returns how many it created. A month of which rows already lie
-- in the default partition is skipped: they stay there. Safe to call from several servers at once.
-- Creating a partition locks the tables that it references for a moment; the time-out fails
-- this call, which may be repeated, rather than let all writers queue behind it.
CREATE FUNCTION nexusflow_ensure_partitions(from_time timestamptz, months integer) RETURNS integer
    LANGUAGE plpgsql STRICT SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    SET lock_timeout = '10s'
AS $$
DECLARE
    first_month    timestamp := date_trunc('month', from_time AT TIME ZONE 'UTC');
    parent_name    text;
    partition_name text;
    key_name       text;
    month_start    timestamp;
    lower_bound    uuid;
    upper_bound    uuid;
    occupied       boolean;
    created        integer := 0;
BEGIN
    IF months < 1 OR months > 120 THEN
        RAISE EXCEPTION 'months must be between 1 and 120, not %', months
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('nexusflow_ensure_partitions', 0));
    -- Parents before children, as writers do.
    FOREACH parent_name IN ARRAY ARRAY[
        'workflow_requests', 'request_steps', 'request_step_exclusions', 'sla_escalations', 'audit_logs'
    ] LOOP
        key_name := CASE parent_name WHEN 'workflow_requests' THEN 'id' ELSE 'request_id' END;
        FOR month IN 0 .. months - 1 LOOP
            month_start := first_month + make_interval(months => month);
            partition_name := parent_name || to_char(month_start, '"_p"YYYY_MM');
            CONTINUE WHEN to_regclass('public.' || partition_name) IS NOT NULL;

            lower_bound := public.nexusflow_uuid_v7_floor(month_start AT TIME ZONE 'UTC');
            upper_bound := public.nexusflow_uuid_v7_floor(
                (month_start + interval '1 month') AT TIME ZONE 'UTC');
            EXECUTE format('SELECT EXISTS (SELECT FROM public.%I WHERE %I >= $1 AND %I < $2)',
                    parent_name || '_default', key_name, key_name)
                INTO occupied USING lower_bound, upper_bound;
            CONTINUE WHEN occupied;

            BEGIN
                -- Room in each page for rows that change many times, so that indexes need not learn of it.
                EXECUTE format(
                    'CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L) WITH (fillfactor = %s)',
                    partition_name, parent_name, lower_bound, upper_bound,
                    CASE parent_name WHEN 'workflow_requests' THEN 70 WHEN 'request_steps' THEN 90 ELSE 100 END);
                created := created + 1;
            EXCEPTION
                -- A row reached the default partition after the look above.
                WHEN check_violation THEN NULL;
            END;
        END LOOP;
    END LOOP;
    RETURN created;
END
$$;

REVOKE ALL ON FUNCTION nexusflow_ensure_partitions(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION nexusflow_ensure_partitions(timestamptz, integer) TO nexusflow_system;

SELECT nexusflow_ensure_partitions(now(), 4);
