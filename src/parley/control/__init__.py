"""The operators' door: what commands on this machine ask of the process that owns the data folder."""
