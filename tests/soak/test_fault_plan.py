"""The plan of faults: all kinds, spread out, and the same for the same seed."""

import pytest

from tests.soak.options import BadOption, Options
from tests.soak.plan import (
    CALL_FAULTS,
    CALM_FROM,
    ROUND_SECONDS,
    Kind,
    PlannedFault,
    plan_faults,
)


def planned(*, seed: int = 1, seconds: float = 300.0) -> tuple[PlannedFault, ...]:
    return plan_faults(seed=seed, seconds=seconds, endpoints=10, workers=3)


def test_the_same_seed_gives_the_same_faults_and_another_one_others() -> None:
    assert planned(seed=1) == planned(seed=1)
    assert planned(seed=1) != planned(seed=2)


def test_a_minute_has_every_kind_and_each_further_round_again() -> None:
    assert {fault.kind for fault in planned(seconds=60)} == set(Kind)
    kinds = [fault.kind for fault in planned(seconds=5 * ROUND_SECONDS)]
    assert min(kinds.count(kind) for kind in Kind) == 5


def test_faults_come_in_order_and_leave_the_end_of_each_round_calm() -> None:
    times = [fault.at_seconds for fault in planned(seconds=3 * ROUND_SECONDS)]
    assert times == sorted(times)
    assert all(time % ROUND_SECONDS <= ROUND_SECONDS * CALM_FROM for time in times)


def test_targets_exist_and_only_calls_are_narrowed_to_methods() -> None:
    for fault in planned(seconds=900):
        assert fault.target < (3 if fault.kind == Kind.WORKER_KILLED else 10)
        assert bool(fault.methods) == (fault.kind in CALL_FAULTS)
        assert fault.count >= 1
        assert fault.seconds > 0


def test_options_come_from_the_environment() -> None:
    options = Options.from_environment(
        {"SEED": "7", "MINUTES": "15", "CONVERSATIONS": "40", "RATE": "30"}
    )
    assert options == Options(seed=7, seconds=900, conversations=40, rate_per_second=30)
    assert Options.from_environment({"SEED": "7"}) == Options(seed=7)


@pytest.mark.parametrize(
    "variables", [{"SEED": "x"}, {"MINUTES": "0"}, {"CONVERSATIONS": "0"}]
)
def test_an_option_that_makes_no_sense_is_refused(variables: dict[str, str]) -> None:
    with pytest.raises(BadOption, match=next(iter(variables))):
        Options.from_environment(variables)
