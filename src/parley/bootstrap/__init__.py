"""The composition root: from settings to adapters, services and doors. It alone knows everything."""
