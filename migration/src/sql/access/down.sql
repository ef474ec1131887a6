DROP TABLE permission_mappings;
DROP TABLE role_mappings;
DROP TABLE permissions;
DROP TABLE roles;
