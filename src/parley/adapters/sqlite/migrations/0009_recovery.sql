-- Recovery asks which conversations were deleted since a position; without this it would walk over all entries since.
CREATE INDEX entries_deletions ON entries (position) WHERE type = 14;
