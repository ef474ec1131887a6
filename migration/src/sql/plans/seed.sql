INSERT INTO plans (code, name, position, members) VALUES
    ('FREE', 'Free', 1, 10),
    ('TEAM', 'Team', 2, 100),
    ('ENTERPRISE', 'Enterprise', 3, NULL);
