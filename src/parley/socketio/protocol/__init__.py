"""Sans-I/O: WebSocket frames, Engine.IO and Socket.IO packets, sessions; bytes in, events out."""
