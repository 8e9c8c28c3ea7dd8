-- Who may not come into a group or room: a view that follows the log, which nothing could write before.
CREATE TABLE bans (
  conversation INTEGER NOT NULL REFERENCES conversations (key),
  person       INTEGER NOT NULL REFERENCES people (key),
  actor        INTEGER NOT NULL REFERENCES people (key),
  at           TEXT    NOT NULL,
  PRIMARY KEY (conversation, person)
) STRICT, WITHOUT ROWID;
