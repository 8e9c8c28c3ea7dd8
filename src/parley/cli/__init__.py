"""How people run Parley: one module a command."""
