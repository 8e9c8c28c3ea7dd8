"""The HTTP server: uvicorn inside our own process, started and stopped by the bootstrap."""
