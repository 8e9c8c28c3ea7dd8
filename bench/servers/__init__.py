"""The servers that are measured; each takes a port and offers the same as the others."""
