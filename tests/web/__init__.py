"""The web client in headless Chromium, against a running server."""
