"""Servers as `Chat` sees them, one module a server; each speaks its server's own language and knows nothing else."""
