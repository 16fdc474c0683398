"""On PostgreSQL only: SQLite has one writer, so two of each are no deployment."""

import os

import pytest

from tests.environment import POSTGRESQL, SQLITE

ROLLING_RESTART = "test_rolling_restart.py"


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave it out on SQLite; the count says so."""
    if os.environ.get("TEST_DATABASE", SQLITE) == POSTGRESQL:
        return
    left_out = [item for item in items if item.path.name == ROLLING_RESTART]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
