"""Tables and queries, one file per aggregate; nothing here commits."""
