"""Sans-I/O: WebSocket frames, Engine.IO and Socket.IO packets and sessions; bytes in, events out."""
