"""One package a technology, each implementing ports; only it knows that technology."""
