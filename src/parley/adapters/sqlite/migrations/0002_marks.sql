-- How far people have received and read, and the messages that mention them.

-- `read` is where a member stands, after `messages` messages; `seen` the furthest that they ever read; `unread_at` the
-- head when they last marked as unread. No row is the same as one with nothing but zeros.
CREATE TABLE marks (
  conversation INTEGER NOT NULL REFERENCES conversations (key),
  person       INTEGER NOT NULL REFERENCES people (key),
  delivered    INTEGER NOT NULL,
  read         INTEGER NOT NULL,
  messages     INTEGER NOT NULL CHECK (messages BETWEEN 0 AND read),
  seen         INTEGER NOT NULL CHECK (seen BETWEEN read AND delivered),
  unread_at    INTEGER NOT NULL CHECK (unread_at >= 0),
  PRIMARY KEY (conversation, person)
) STRICT, WITHOUT ROWID;

-- One row a person mentioned by somebody else, as the message is now; most messages have none.
CREATE TABLE mentions (
  person       INTEGER NOT NULL REFERENCES people (key),
  conversation INTEGER NOT NULL REFERENCES conversations (key),
  seq          INTEGER NOT NULL,
  PRIMARY KEY (person, conversation, seq)
) STRICT, WITHOUT ROWID;

INSERT OR IGNORE INTO mentions (person, conversation, seq)
SELECT people.key, entries.conversation, entries.seq
FROM entries, json_each(entries.extra, '$.mentions') AS mentioned
JOIN people ON people.id = mentioned.value
WHERE entries.type = 1 AND entries.deleted_at IS NULL AND people.key <> entries.actor;
