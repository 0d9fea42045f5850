"""The world, outward: one small class for each way in which a notice can leave this system."""
