-- What people say of themselves, which addresses they have shown to be theirs, and the codes that are mailed for it.

ALTER TABLE accounts ADD COLUMN email_verified INTEGER NOT NULL DEFAULT 0 CHECK (email_verified IN (0, 1));
ALTER TABLE accounts ADD COLUMN new_email TEXT;
ALTER TABLE accounts ADD COLUMN bio TEXT;
ALTER TABLE accounts ADD COLUMN avatar TEXT;
ALTER TABLE accounts ADD COLUMN status TEXT;

-- `digest` is that of the code, which itself is kept nowhere; `expires_ms` since 1970.
CREATE TABLE codes (
  user_id    TEXT    NOT NULL,
  purpose    TEXT    NOT NULL CHECK (purpose IN ('password', 'email')),
  email      TEXT    NOT NULL,
  digest     BLOB    NOT NULL UNIQUE,
  expires_ms INTEGER NOT NULL,
  PRIMARY KEY (user_id, purpose)
) STRICT, WITHOUT ROWID;

CREATE INDEX codes_by_expiry ON codes (expires_ms);
