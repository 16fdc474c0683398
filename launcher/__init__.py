"""Starts, watches and stops the processes of a stack. Knows nothing of Django."""
