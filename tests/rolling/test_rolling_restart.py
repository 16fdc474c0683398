"""Everything is restarted, one process after the other, and nobody notices."""

import json
import sys
from pathlib import Path

import pytest

from launcher.processes import BEAT, LIVE, WEB, WORKER, numbered
from tests.environment import RunEnvironment
from tests.rolling.run import ENDPOINTS, TALKS_PER_ENDPOINT, roll
from tests.stack.fixtures import empty_database

pytestmark = pytest.mark.stack

TALKS = ENDPOINTS * TALKS_PER_ENDPOINT
# What a deployment waits for before it kills.
STOP_LIMIT_SECONDS = 10.0
RESTARTED = [numbered(kind, n) for kind in (WEB, LIVE, WORKER, BEAT) for n in range(2)]


def test_a_rolling_restart_under_load_shows_no_error_and_loses_nothing(
    run_environment: RunEnvironment, tmp_path: Path
) -> None:
    with empty_database(run_environment) as database_url:
        assert database_url is not None
        found = roll(tmp_path / "stack", database_url=database_url)

    sys.stdout.write(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
    assert found.trouble == []
    assert found.answers.failed == {}
    assert found.failed_callbacks == []
    assert [restart.name for restart in found.restarts] == RESTARTED
    assert {restart.exit_code for restart in found.restarts} == {0}
    # A limit that is kept by a kill would show in the code; this one is the promise.
    assert max(r.stop_seconds for r in found.restarts) < STOP_LIMIT_SECONDS
    assert len(found.comparisons) == 2 * TALKS
    assert [c for c in found.comparisons if not c.is_clean] == []
    assert found.gaps == []
    # They did have to come back: their server went away.
    assert found.streams_opened > TALKS
    assert all(len(delays) > TALKS for delays in found.delays.values())
