"""The servers that are measured; each takes a port and offers the same rooms, or the same conversations."""
