"""Settings, logging and reference tables."""
