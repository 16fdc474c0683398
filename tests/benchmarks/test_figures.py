"""The numbers in the table: medians, ratios, spreads, verdicts."""

import math
from dataclasses import replace

import pytest

from benchmarks.measures import Figure, Row, percentile_of, ratio
from benchmarks.table import Report, number_text, verdict


def row(
    *values: float, reference: tuple[float, ...] = (), target: str = "", unit: str = ""
) -> Row:
    return Row(
        part="callbacks",
        what="accepted",
        unit=unit,
        product=Figure(values),
        reference_name="bare",
        reference=Figure(reference),
        target=target,
    )


def test_the_median_counts_and_the_spread_is_relative_to_it() -> None:
    figure = Figure((90.0, 100.0, 120.0))
    assert figure.median == 100
    assert figure.spread == pytest.approx(0.3)
    assert Figure((5.0,)).spread is None
    assert Figure().median is None


def test_a_ratio_is_taken_round_by_round_so_that_drift_hits_both_sides() -> None:
    product, reference = Figure((50.0, 100.0, 60.0)), Figure((100.0, 200.0, 60.0))
    assert ratio(product, reference) == 0.5
    assert ratio(product, Figure((100.0,))) == 0.6
    assert ratio(product, Figure()) is None


def test_a_percentile_of_nothing_is_no_number() -> None:
    assert math.isnan(percentile_of([], 0.99))
    assert percentile_of([1.0, 2.0, 3.0], 0.5) == 2.0


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (row(60, reference=(100,), target=">= 0.6"), ">= 0.6 met"),
        (row(59, reference=(100,), target=">= 0.6"), ">= 0.6 MISSED"),
        (row(71, reference=(100,), target="<= 0.7"), "<= 0.7 MISSED"),
        (row(0, 0, reference=(9, 9), target="0"), "0 met"),
        (row(0, 1, reference=(9, 9), target="0"), "0 MISSED"),
        (row(79, reference=(9,), target="<= 80 kB", unit="kB"), "<= 80 kB met"),
        (row(81, reference=(9,), target="<= 80 kB", unit="kB"), "<= 80 kB MISSED"),
        (row(math.nan, reference=(9,), target="<= 0.7"), "<= 0.7"),
        (row(5), ""),
    ],
)
def test_a_target_is_met_or_missed(found: Row, said: str) -> None:
    assert verdict(found) == said


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (math.nan, "-"), (2087.4, "2,087"), (0.1514, "0.151"), (7.0, "7")],
)
def test_numbers_have_three_digits(value: float | None, text: str) -> None:
    assert number_text(value) == text


def test_the_table_names_figure_reference_ratio_and_target() -> None:
    found = row(300, 330, 310, reference=(1500, 1500, 1500), target=">= 0.6", unit="/s")
    lines = Report([found], notes=["Noise: 1 %"]).to_text().splitlines()
    assert lines[1].strip() == "CALLBACKS"
    assert lines[2].split("  ")[1:] == ["accepted", *lines[2].split("  ")[2:]]
    for word in ("310 /s (300-330)", "1,500 /s", "bare", "0.207", ">= 0.6 MISSED"):
        assert word in lines[2]
    assert lines[-1] == "Noise: 1 %"


def test_a_missed_target_is_told_with_its_note() -> None:
    found = Row(
        part="growth",
        what="deliveries, slowest of its links",
        unit="ms",
        product=Figure((1200.0,)),
        target="<= 1000 ms",
        note="?status=dead",
    )
    missed = "Missed: deliveries, slowest of its links: ?status=dead"
    assert missed in Report([found]).to_text()
    met = replace(found, product=Figure((900.0,)))
    assert "?status=dead" not in Report([met]).to_text()


def test_the_document_keeps_every_round() -> None:
    document = Report([row(1, 2, 3, reference=(2, 2, 2))]).to_json()
    assert document["rows"][0]["product"] == {"values": (1, 2, 3)}
    assert document["rows"][0]["product_median"] == 2
    assert document["rows"][0]["ratio"] == 1
