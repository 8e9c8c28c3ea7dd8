"""The library websockets, for the one function that must be C; its protocol is not used."""
