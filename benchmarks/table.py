"""The table for people, and the document for programs."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.measures import Figure, Row, ratio

HEAD = ("", "product", "reference", "", "product : reference", "target")
LONGEST_NAME = 34
HUNDRED = 100
MET, MISSED = "met", "MISSED"


@dataclass(frozen=True)
class Report:
    """All that a run found out. `notes`: what one must know to read it.

    `is_whole`: whether every part could be measured.
    """

    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    is_whole: bool = True

    def to_json(self) -> dict[str, Any]:
        """Everything, each round's value included."""
        return {
            "facts": self.facts,
            "notes": self.notes,
            "rows": [_row_json(row) for row in self.rows],
        }

    def to_text(self) -> str:
        """The table with its notes."""
        lines: list[tuple[str, ...]] = [HEAD]
        part = ""
        for row in self.rows:
            if row.part != part:
                part = row.part
                lines.append((part.upper(), "", "", "", "", ""))
            lines.append(_cells(row))
        missed = [
            f"Missed: {row.what}: {row.note}"
            for row in self.rows
            if row.note and verdict(row).endswith(MISSED)
        ]
        return "\n".join([*_aligned(lines), "", *missed, *self.notes])


def number_text(value: float | None) -> str:
    """Three significant digits; whole from a hundred on."""
    if value is None or math.isnan(value):
        return "-"
    if abs(value) >= HUNDRED or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def figure_text(figure: Figure, unit: str) -> str:
    """Median, unit, and the range over the rounds."""
    if figure.median is None:
        return ""
    text = f"{number_text(figure.median)} {unit}".strip()
    if len(figure.values) < 2:
        return text
    low, high = min(figure.values), max(figure.values)
    return f"{text} ({number_text(low)}-{number_text(high)})"


def verdict(row: Row) -> str:
    """Whether the target is met; "" without one.

    "0" is the product's figure in every round, "<= 80 kB" its median, and without a
    unit ("<= 0.7") the ratio.
    """
    words = row.target.split(" ")
    value: float | None
    if not row.target:
        return ""
    if len(words) == 1:
        met = all(found == float(words[0]) for found in row.product.values)
        return f"{row.target} {MET if met else MISSED}"
    has_unit = len(words) > 2
    value = row.product.median if has_unit else ratio(row.product, row.reference)
    if value is None or math.isnan(value):
        return row.target
    limit = float(words[1])
    met = value <= limit if words[0] == "<=" else value >= limit
    return f"{row.target} {MET if met else MISSED}"


def _cells(row: Row) -> tuple[str, ...]:
    value = ratio(row.product, row.reference) if row.reference.values else None
    return (
        f"  {row.what}",
        figure_text(row.product, row.unit),
        figure_text(row.reference, row.unit),
        row.reference_name[:LONGEST_NAME] if row.reference.values else "",
        "" if value is None else number_text(value),
        verdict(row),
    )


def _aligned(lines: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return [
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def _row_json(row: Row) -> dict[str, Any]:
    return {
        **asdict(row),
        "product_median": row.product.median,
        "reference_median": row.reference.median,
        "ratio": ratio(row.product, row.reference) if row.reference.values else None,
        "verdict": verdict(row),
    }
