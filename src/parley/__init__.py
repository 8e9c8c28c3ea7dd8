"""Parley: a chat backend. The rooms and who may import whom are described in docs/architecture.md."""
