"""A few seconds of the real thing: every process, every kind of request."""

import json
from pathlib import Path

import pytest

from benchmarks.options import Options
from benchmarks.run import run_benchmarks

pytestmark = pytest.mark.stack

OPTIONS = Options(
    parts=("callbacks", "delays"),
    rounds=1,
    seconds=1,
    conversations=5,
    rates=(10,),
    has_ladder=False,
    slow_receiver=False,
)


def test_a_short_run_measures_both_sides_and_keeps_the_figures(tmp_path: Path) -> None:
    said: list[str] = []
    report = run_benchmarks(OPTIONS, folder=tmp_path, say=said.append)
    rows = {row.what: row for row in report.rows if row.reference_name}
    for what in (
        "accepted, workers stopped: per second",
        "accepted, workers running: per second",
        "user to 8x8 at 10/s: p99",
        "agent to bot at 10/s: p99",
    ):
        assert rows[what].product.values[0] > 0, what
        assert rows[what].reference.values[0] > 0, what
    assert rows["order violations at 10/s"].product.values == (0,)
    assert rows["lost at 10/s"].product.values == (0,)
    kept = json.loads((tmp_path / "bench.json").read_text())
    assert len(kept["rows"]) == len(report.rows)
    assert kept["facts"]["options"]["seed"] == OPTIONS.seed
