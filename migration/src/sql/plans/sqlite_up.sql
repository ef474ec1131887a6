-- Shared by all organizations. A plan limits numbers, never what can be done; NULL is no limit.
CREATE TABLE plans (
    code     TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    position INTEGER NOT NULL,
    members  INTEGER,
    CONSTRAINT plans_pkey PRIMARY KEY (code),
    CONSTRAINT plans_members_check CHECK (members > 0)
);
