"""How `make test` judges what its runs of pytest came to."""

from collections import Counter
from pathlib import Path

import pytest

from launcher.suite import NO_TESTS_COLLECTED, Outcome, count_tests


@pytest.mark.parametrize(
    ("exit_code", "passed", "has_choice", "verdict"),
    [
        (0, 3, False, "ok"),
        (0, 3, True, "ok"),
        (1, 3, False, "FAILED"),
        (NO_TESTS_COLLECTED, 0, True, "none chosen"),
        (NO_TESTS_COLLECTED, 0, False, "FAILED"),
        (0, 0, False, "FAILED"),
        (-9, 0, True, "FAILED"),
    ],
)
def test_a_run_without_tests_is_no_success_unless_tests_were_chosen(
    exit_code: int, passed: int, has_choice: bool, verdict: str
) -> None:
    outcome = Outcome("x", exit_code, Counter(passed=passed), has_choice=has_choice)
    assert outcome.verdict == verdict


def test_the_counts_come_from_the_report(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite tests='10' failures='2' errors='1' skipped='3'/>"
        "</testsuites>"
    )
    assert count_tests(report) == Counter(passed=4, failed=3, skipped=3)


def test_a_run_that_died_before_its_report_counts_nothing(tmp_path: Path) -> None:
    assert not count_tests(tmp_path / "missing.xml")
