-- Accounts that are being erased: noted before anything of it is done, and until all of it is.
CREATE TABLE erasures (
  user_id  TEXT    NOT NULL PRIMARY KEY,
  begun_ms INTEGER NOT NULL,
  due_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who has somebody among their contacts or blocks, for the day when that one is erased.
CREATE INDEX contacts_by_contact ON contacts (contact_id);
CREATE INDEX blocks_by_blocked ON blocks (blocked_id);
