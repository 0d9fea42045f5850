"""The world, inward: wire formats and transports, each read into one `MessageFacts`."""
