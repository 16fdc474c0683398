"""Streams without a database: the readers begin without connections."""

import pytest

from handover.streams.reading import close_readers_connections


@pytest.fixture(autouse=True)
def no_kept_connections() -> None:
    """Tests before these may have left some, which may not be used here."""
    close_readers_connections()
