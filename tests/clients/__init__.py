"""The clients that people use, against our server and against the reference."""
