"""Domain into words and pictures."""
