"""The database's history, one numbered file a step (docs/adr/0003)."""
