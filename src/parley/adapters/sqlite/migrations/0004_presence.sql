-- How people want to appear, and when they were last seen; `connected` outlives a crash.
CREATE TABLE person_state (
  user_id      TEXT    NOT NULL PRIMARY KEY,
  chosen       TEXT    NOT NULL DEFAULT 'online' CHECK (chosen IN ('online', 'away', 'busy', 'invisible')),
  last_seen_ms INTEGER,
  connected    INTEGER NOT NULL DEFAULT 0 CHECK (connected IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX person_state_connected ON person_state (user_id) WHERE connected;
