-- What happened to a conversation itself (types 7 and above) is found without passing over all that was said in it.
CREATE INDEX entries_happenings ON entries (conversation, seq) WHERE type >= 7;
