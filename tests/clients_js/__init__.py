"""The JavaScript client package, by its own tests and against a running server."""
