-- The log, the views that follow it, accounts and sessions.

-- One row: what this store is, and up to which position `conversations.activity` reflects the entries.
CREATE TABLE store (
  one               INTEGER PRIMARY KEY CHECK (one = 1),
  epoch             TEXT    NOT NULL,
  digest_key        BLOB    NOT NULL,
  activity_position INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Everyone and everything that an entry names, by a small number. Rows are never removed.
CREATE TABLE people (
  key INTEGER PRIMARY KEY,
  id  TEXT NOT NULL UNIQUE
) STRICT;

-- A conversation exists if and only if its entry 1 does; until then its row only lends it a number.
CREATE TABLE conversations (
  key        INTEGER PRIMARY KEY,
  id         TEXT    NOT NULL UNIQUE,
  kind       TEXT    NOT NULL DEFAULT 'group' CHECK (kind IN ('direct', 'group', 'room')),
  name       TEXT,
  topic      TEXT,
  avatar     TEXT,
  data       TEXT,
  created_at TEXT    NOT NULL DEFAULT '1970-01-01T00:00:00.000Z',
  deleted    INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  activity   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE types (
  code INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

INSERT INTO types (code, name) VALUES
  (1, 'message.new'), (2, 'message.edited'), (3, 'message.deleted'), (4, 'message.annotated'),
  (5, 'reaction.added'), (6, 'reaction.removed'), (7, 'message.pinned'), (8, 'message.unpinned'),
  (9, 'member.joined'), (10, 'member.left'), (11, 'member.changed'),
  (12, 'conversation.created'), (13, 'conversation.changed'), (14, 'conversation.deleted');

-- The log. `position` is the order of all entries: given by the one writer as the highest so far plus one. No row is
-- ever removed, so none is used twice, and AUTOINCREMENT's table of its own would only cost.
-- The row of a message.new is the message as it is now, and the only one that changes; `original` is its first body
-- once it was edited. `target` is the seq of the message aimed at, `subject` the person named, `body` a text or an
-- emoji, `extra` whatever else the type has, as JSON.
CREATE TABLE entries (
  position     INTEGER PRIMARY KEY,
  conversation INTEGER NOT NULL REFERENCES conversations (key),
  seq          INTEGER NOT NULL CHECK (seq > 0),
  type         INTEGER NOT NULL CHECK (type BETWEEN 1 AND 14),
  at           TEXT    NOT NULL,
  actor        INTEGER NOT NULL REFERENCES people (key),
  client_id    TEXT    NOT NULL CHECK (client_id <> ''),
  messages     INTEGER NOT NULL CHECK (messages BETWEEN 0 AND seq),
  target       INTEGER,
  subject      INTEGER REFERENCES people (key),
  body         TEXT,
  extra        TEXT,
  original     TEXT,
  edited_at    TEXT,
  deleted_at   TEXT,
  digest       BLOB,
  UNIQUE (conversation, seq),
  UNIQUE (conversation, actor, client_id)
) STRICT;

CREATE INDEX entries_by_target ON entries (conversation, target) WHERE target IS NOT NULL;
CREATE INDEX entries_by_subject ON entries (subject, conversation, seq) WHERE subject IS NOT NULL;

CREATE TABLE members (
  conversation INTEGER NOT NULL REFERENCES conversations (key),
  person       INTEGER NOT NULL REFERENCES people (key),
  role         TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'guest')),
  joined_seq   INTEGER NOT NULL CHECK (joined_seq > 0),
  PRIMARY KEY (conversation, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX members_by_person ON members (person, conversation);

CREATE TABLE pins (
  conversation INTEGER NOT NULL REFERENCES conversations (key),
  message_seq  INTEGER NOT NULL,
  person       INTEGER NOT NULL REFERENCES people (key),
  PRIMARY KEY (conversation, message_seq)
) STRICT, WITHOUT ROWID;

-- For operators: the log in words.
CREATE VIEW log AS
SELECT entries.position, conversations.id AS conversation_id, seq, types.name AS type, at,
       actors.id AS actor_id, client_id, messages, target AS message_seq, subjects.id AS user_id,
       body, extra, original, edited_at, deleted_at
FROM entries
JOIN conversations ON conversations.key = entries.conversation
JOIN types ON types.code = entries.type
JOIN people AS actors ON actors.key = entries.actor
LEFT JOIN people AS subjects ON subjects.key = entries.subject;

-- `…_key` is the form that is searched, sorted and unique.
CREATE TABLE accounts (
  user_id       TEXT    NOT NULL PRIMARY KEY,
  username      TEXT,
  username_key  TEXT    UNIQUE,
  email         TEXT,
  email_key     TEXT    UNIQUE,
  display_name  TEXT    NOT NULL,
  name_key      TEXT    NOT NULL,
  directory_key TEXT    NOT NULL,
  password_hash TEXT    NOT NULL,
  created_at    TEXT    NOT NULL,
  data          TEXT,
  version       INTEGER NOT NULL,
  CHECK (username IS NOT NULL OR email IS NOT NULL),
  CHECK ((username IS NULL) = (username_key IS NULL)),
  CHECK ((email IS NULL) = (email_key IS NULL))
) STRICT;

CREATE INDEX accounts_by_directory_key ON accounts (directory_key);

CREATE TABLE sessions (
  session_id TEXT    NOT NULL PRIMARY KEY,
  user_id    TEXT    NOT NULL,
  device     TEXT    NOT NULL,
  address    TEXT    NOT NULL,
  created_ms INTEGER NOT NULL,
  used_ms    INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  key        BLOB    NOT NULL,
  current    BLOB    NOT NULL,
  previous   BLOB,
  rotated_ms INTEGER NOT NULL,
  revoked    INTEGER NOT NULL CHECK (revoked IN (0, 1))
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_ms);
