"""The embedded store: one SQLite file, one thread that writes it, a few that read it. Only here is there SQL."""
