"""A made-up province that plays over the real wire: demonstrations, training, loads and tests."""
