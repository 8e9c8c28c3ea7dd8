-- Whom people keep on their lists, and whom they have blocked.

-- One row a list and somebody on it. What two people have of each other, one row or two, changes in one transaction.
CREATE TABLE contacts (
  user_id    TEXT NOT NULL,
  contact_id TEXT NOT NULL CHECK (contact_id <> user_id),
  status     TEXT NOT NULL CHECK (status IN ('accepted', 'outgoing', 'incoming')),
  since      TEXT NOT NULL,
  name       TEXT,
  notes      TEXT,
  data       TEXT,
  PRIMARY KEY (user_id, contact_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX contacts_by_status ON contacts (user_id, status, contact_id);

CREATE TABLE blocks (
  user_id    TEXT NOT NULL,
  blocked_id TEXT NOT NULL CHECK (blocked_id <> user_id),
  since      TEXT NOT NULL,
  PRIMARY KEY (user_id, blocked_id)
) STRICT, WITHOUT ROWID;
