"""What Parley costs beside other servers: a load generator, peers and scenarios. Not installed."""
