"""Stores that live in this process alone, for tests: kind, or as hostile as a store can be."""
