"""REST: load, authorise, call one service, dump."""
