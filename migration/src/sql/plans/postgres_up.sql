-- Shared by all organizations. A plan limits numbers, never what can be done; NULL is no limit.
CREATE TABLE plans (
    code     text    NOT NULL,
    name     text    NOT NULL,
    position integer NOT NULL,
    members  integer,
    CONSTRAINT plans_pkey PRIMARY KEY (code),
    CONSTRAINT plans_members_check CHECK (members > 0)
);
