"""Proof from outside: clients that hold a chat server to its promises. Imports nothing of the server."""
