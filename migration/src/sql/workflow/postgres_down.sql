DROP TABLE step_transitions;
DROP TABLE workflow_steps;
ALTER TABLE workflows DROP CONSTRAINT workflows_active_version_fkey;
DROP TABLE workflow_versions;
ALTER TABLE role_mappings DROP CONSTRAINT role_mappings_workflow_fkey;
DROP TABLE workflows;
