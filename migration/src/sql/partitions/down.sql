-- Existing partitions keep their rows; they go with their parents.
DROP FUNCTION nexusflow_ensure_partitions(timestamptz, integer);
DROP FUNCTION nexusflow_uuid_v7_floor(timestamptz);
