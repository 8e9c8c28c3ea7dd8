-- What whoever runs the server decides about accounts.
ALTER TABLE accounts ADD COLUMN role TEXT NOT NULL DEFAULT 'person' CHECK (role IN ('person', 'admin'));
ALTER TABLE accounts ADD COLUMN disabled_at TEXT;
