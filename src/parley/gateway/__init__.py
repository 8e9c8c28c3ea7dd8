"""The real-time door: client events to services and acks; committed entries to pushes."""
