"""Streams out of the `live` process: hints from Redis, the truth from the database."""
