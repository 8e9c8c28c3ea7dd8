"""What is held against a history, a promise a module: pure functions from a history to what is wrong with it."""
