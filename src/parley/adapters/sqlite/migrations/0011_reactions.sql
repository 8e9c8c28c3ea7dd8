-- The reactions that stand, a view that follows the log: what it costs to show a message or to judge a reaction must not
-- grow with how often people changed their minds. `seq` is the entry that added it.
CREATE TABLE reactions (
  conversation INTEGER NOT NULL REFERENCES conversations (key),
  message_seq  INTEGER NOT NULL,
  emoji        TEXT    NOT NULL,
  person       INTEGER NOT NULL REFERENCES people (key),
  seq          INTEGER NOT NULL,
  PRIMARY KEY (conversation, message_seq, emoji, person)
) STRICT, WITHOUT ROWID;

-- The last word of each person and emoji; SQLite takes `type` from the row that has the maximum.
INSERT INTO reactions (conversation, message_seq, emoji, person, seq)
SELECT conversation, target, body, actor, last_seq FROM (
  SELECT conversation, target, body, actor, type, max(seq) AS last_seq FROM entries
  WHERE type IN (5, 6) GROUP BY conversation, target, body, actor
) WHERE type = 5;

DELETE FROM reactions WHERE EXISTS (
  SELECT 1 FROM entries WHERE entries.conversation = reactions.conversation
  AND entries.seq = reactions.message_seq AND entries.deleted_at IS NOT NULL
);
