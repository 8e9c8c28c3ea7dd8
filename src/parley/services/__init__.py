"""What people can do. Plain classes that take and return model objects and know no door and no store."""
