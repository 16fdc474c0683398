"""What runs on PostgreSQL only is left out elsewhere; the count says so."""

import os

import pytest

from tests.environment import POSTGRESQL, SQLITE

NEED_POSTGRESQL = {"test_short_run.py", "test_seeding.py"}


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """The benchmarks bring a server of their own: once is enough."""
    if os.environ.get("TEST_DATABASE", SQLITE) == POSTGRESQL:
        return
    left_out = [item for item in items if item.path.name in NEED_POSTGRESQL]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
