DROP TABLE jobs;
DROP TABLE job_pauses;
DROP TABLE sla_escalations;
DROP TABLE request_step_exclusions;
DROP TABLE request_steps;
DROP TABLE workflow_requests;
