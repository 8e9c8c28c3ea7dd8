"""Parley itself, over its REST API and Socket.IO, as its documentation describes them to anybody."""
