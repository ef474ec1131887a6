-- Analyses the partitioned table whose statistics are worst, and returns its name; nothing when all
-- are good enough, or when another server is at it. Autovacuum analyses partitions, never their
-- parents, whose statistics plans over several months need. A table's are renewed when it grew or
-- shrank by a tenth, and daily. One table per call, so that a transaction holds the locks of one.
CREATE FUNCTION nexusflow_refresh_statistics() RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    SET lock_timeout = '10s'
AS $$
DECLARE
    worst text;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('nexusflow_refresh_statistics', 0)) THEN
        RETURN NULL;
    END IF;
    SELECT parent.name INTO worst
    FROM (
        SELECT c.relname AS name, greatest(c.reltuples, 0) AS counted, pg_stat_get_last_analyze_time(c.oid) AS counted_at,
            (SELECT coalesce(sum(greatest(p.reltuples, pg_stat_get_live_tuples(p.oid), 0)), 0)
             FROM pg_partition_tree(c.oid) tree JOIN pg_class p ON p.oid = tree.relid
             WHERE tree.isleaf) AS present
        FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'p' AND pg_get_userbyid(c.relowner) = current_user
    ) AS parent
    WHERE parent.present > 0 AND (
        parent.counted_at IS NULL
        OR parent.counted_at < clock_timestamp() - interval '1 day'
        OR abs(parent.present - parent.counted) > 1000 + parent.counted / 10)
    ORDER BY abs(parent.present - parent.counted) DESC, parent.name
    LIMIT 1;
    IF worst IS NOT NULL THEN
        EXECUTE format('ANALYZE public.%I', worst);
    END IF;
    RETURN worst;
END
$$;

REVOKE ALL ON FUNCTION nexusflow_refresh_statistics() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION nexusflow_refresh_statistics() TO nexusflow_system;
