"""What `make bench` understands."""

import pytest

from benchmarks.options import PARTS, BadOption, Options


def test_nothing_given_means_everything() -> None:
    assert Options.from_environment({}) == Options()
    assert Options().parts == PARTS


def test_variables_choose_parts_rounds_and_rates() -> None:
    found = Options.from_environment(
        {"ONLY": "delays,callbacks", "ROUNDS": "1", "RATES": "100", "LADDER": "off"}
    )
    assert found == Options(
        parts=("callbacks", "delays"), rounds=1, rates=(100.0,), has_ladder=False
    )


def test_each_part_has_a_time_of_its_own_unless_one_is_given() -> None:
    assert Options().seconds_or(8) == 8
    assert Options(seconds=2).seconds_or(8) == 2


@pytest.mark.parametrize(
    "variables",
    [
        {"ONLY": "speed"},
        {"ROUNDS": "0"},
        {"ROUNDS": "x"},
        {"RATES": "100,x"},
        {"SLOW": "maybe"},
        {"NAIVE_POOL": "gevent"},
    ],
)
def test_what_makes_no_sense_is_refused_by_name(variables: dict[str, str]) -> None:
    with pytest.raises(BadOption, match=next(iter(variables))):
        Options.from_environment(variables)
