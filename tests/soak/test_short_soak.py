"""A minute of everything going wrong, as `make soak` does it for longer."""

from pathlib import Path

import pytest

from tests.soak.options import Options
from tests.soak.plan import Kind
from tests.soak.report import as_text
from tests.soak.run import run_soak

pytestmark = pytest.mark.stack

OPTIONS = Options(seed=8, seconds=60, conversations=20, rate_per_second=10)


def test_a_minute_of_all_faults_loses_doubles_and_reorders_nothing(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    summary = run_soak(OPTIONS, folder=tmp_path, say=said.append)
    assert summary.is_clean, as_text(summary.to_json())
    assert not [kind for kind in Kind if not summary.faults.get(kind.value)]
    for numbers in summary.to_json()["directions"].values():
        assert numbers["sent"] == numbers["arrived"] > OPTIONS.conversations
