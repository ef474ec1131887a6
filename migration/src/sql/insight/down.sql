DROP TABLE organization_audit_logs;
DROP TABLE audit_logs;
