"""A complete Engine.IO 4 and Socket.IO 5 server for asyncio; it knows nothing of chat."""
