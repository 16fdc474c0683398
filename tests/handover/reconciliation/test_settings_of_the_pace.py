"""A pace that would stop all comparisons, or all sends, is found at the start."""

import pytest
from pytest_django import Settings

from handover.checks import check_comparisons


@pytest.mark.parametrize(
    ("share", "most", "ids"),
    [
        (0.2, 5.0, []),
        (1.0, 0.1, []),
        (0.0, 5.0, ["handover.E002"]),
        (1.5, 5.0, ["handover.E002"]),
        (0.2, 0.0, ["handover.E003"]),
    ],
)
def test_the_rates_of_comparisons_are_checked(
    settings: Settings, share: float, most: float, ids: list[str]
) -> None:
    settings.RECONCILE_RATE_SHARE = share
    settings.RECONCILE_MAX_PER_SECOND = most
    assert [problem.id for problem in check_comparisons()] == ids
