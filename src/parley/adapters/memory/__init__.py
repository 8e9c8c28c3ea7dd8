"""In this process alone: the bus of a single node, and stores for tests, kind or as hostile as one can be."""
