"""MongoDB by PyMongo's async API: a store that many nodes may share. One module a noun; nothing else knows PyMongo."""
