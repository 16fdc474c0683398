"""A simulated 8x8 Contact Center, for development and tests. Not for production."""
