"""Load generator, peers and scenarios: what Parley costs beside other servers. Nothing in `src` imports it."""
