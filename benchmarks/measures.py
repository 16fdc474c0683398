"""Medians, percentiles and spreads. Pure."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.soak.windows import percentile

__all__ = ["Figure", "Row", "percentile_of", "ratio"]


@dataclass(frozen=True)
class Figure:
    """One thing measured once per round; the median counts."""

    values: tuple[float, ...] = ()

    @property
    def median(self) -> float | None:
        """None when it was not measured."""
        return statistics.median(self.values) if self.values else None

    @property
    def spread(self) -> float | None:
        """Highest minus lowest as a part of the median; None for a single round."""
        middle = self.median
        if len(self.values) < 2 or not middle:
            return None
        return (max(self.values) - min(self.values)) / middle


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table. `target` says what the ratio (or figure) should be.

    `note` is told with a target that is missed.
    """

    part: str
    what: str
    unit: str
    product: Figure
    reference_name: str = ""
    reference: Figure = field(default_factory=Figure)
    target: str = ""
    note: str = ""


def percentile_of(values: Sequence[float], part: float) -> float:
    """The value that `part` (0..1) of the values do not exceed; NaN without any."""
    found = percentile(values, part)
    return float("nan") if found is None else found


def ratio(product: Figure, reference: Figure) -> float | None:
    """Product by reference: the median over the rounds, each held against its own."""
    if len(product.values) == len(reference.values) and all(reference.values):
        pairs = zip(product.values, reference.values, strict=True)
        return statistics.median([ours / theirs for ours, theirs in pairs] or [0])
    if not product.median or not reference.median:
        return None
    return product.median / reference.median
