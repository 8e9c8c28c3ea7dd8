"""What the layers above need of the world, as abstract classes; each method is one atomic step."""
