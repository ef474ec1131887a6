DROP TABLE step_transitions;
DROP TABLE workflow_steps;
-- Dropping a table deletes its rows first, which these references would refuse.
UPDATE workflows SET active_version_id = NULL;
DROP TABLE workflow_versions;
DROP TABLE workflows;
