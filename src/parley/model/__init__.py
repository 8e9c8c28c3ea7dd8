"""What chat is: nouns, entries, apply() and the pure rules. No I/O, no clock: time is an argument."""
