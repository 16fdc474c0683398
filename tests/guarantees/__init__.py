"""Each guarantee is taken away, one at a time, and a test must notice it."""
