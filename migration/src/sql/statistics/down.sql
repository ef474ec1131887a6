DROP FUNCTION nexusflow_refresh_statistics();
