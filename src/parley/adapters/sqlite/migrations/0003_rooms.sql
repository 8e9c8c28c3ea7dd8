-- Rooms: their names and their directory; and how each person keeps a conversation.

-- A view that follows the log. `name_key` is the form that is searched, `directory_key` what orders the list.
CREATE TABLE rooms (
  conversation  INTEGER PRIMARY KEY REFERENCES conversations (key),
  name_key      TEXT    NOT NULL,
  directory_key TEXT    NOT NULL UNIQUE,
  member_count  INTEGER NOT NULL DEFAULT 0 CHECK (member_count >= 0)
) STRICT;

-- Counting a hundred thousand members for each line of the directory would be too slow. An upsert that only updates
-- fires neither of these.
CREATE TRIGGER rooms_gain AFTER INSERT ON members BEGIN
  UPDATE rooms SET member_count = member_count + 1 WHERE conversation = new.conversation;
END;

CREATE TRIGGER rooms_lose AFTER DELETE ON members BEGIN
  UPDATE rooms SET member_count = member_count - 1 WHERE conversation = old.conversation;
END;

-- Claimed before the entry that gives the name, so that no two rooms have it; see `journal/naming.py`.
CREATE TABLE room_names (
  name_key        TEXT    NOT NULL PRIMARY KEY,
  conversation_id TEXT    NOT NULL,
  claimed_ms      INTEGER NOT NULL,
  token           TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE preferences (
  user_id         TEXT    NOT NULL,
  conversation_id TEXT    NOT NULL,
  muted           INTEGER NOT NULL DEFAULT 0 CHECK (muted IN (0, 1)),
  archived        INTEGER NOT NULL DEFAULT 0 CHECK (archived IN (0, 1)),
  PRIMARY KEY (user_id, conversation_id)
) STRICT, WITHOUT ROWID;
