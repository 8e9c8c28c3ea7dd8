"""The awake conversations, their state, and one sequencer each: the only writer of conversations."""
