"""The short soak runs on PostgreSQL only: it restarts the database server."""

import os

import pytest

from tests.environment import POSTGRESQL, SQLITE

SHORT_SOAK = "test_short_soak.py"


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave it out where there is no server to restart; the count says so."""
    if os.environ.get("TEST_DATABASE", SQLITE) == POSTGRESQL:
        return
    left_out = [item for item in items if item.path.name == SHORT_SOAK]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
