"""Carries a plan of faults out, at its times, and notes when each was on."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.soak.effects import Ongoing, Stage
from tests.soak.plan import BOT_FAULTS, Kind, PlannedFault
from tests.soak.windows import FaultWindow

TICK_SECONDS = 0.25


@dataclass(frozen=True)
class _Open:
    kind: Kind
    began_at: float
    ongoing: Ongoing


class Injector:
    """`struck` counts what really happened: of 8x8's faults every strike."""

    def __init__(self, stage: Stage) -> None:
        self.struck: Counter[str] = Counter()
        self.windows: list[FaultWindow] = []
        self._stage = stage
        self._open: list[_Open] = []
        self._armed: Counter[str] = Counter()

    def carry_out(
        self, plan: Sequence[PlannedFault], *, on_tick: Callable[[], None]
    ) -> None:
        """Begin every fault at its time, one after another, counted from now."""
        begun_at = time.monotonic()
        for fault in plan:
            self.wait_until(begun_at + fault.at_seconds, on_tick=on_tick)
            self._begin(fault)

    def wait_until(self, moment: float, *, on_tick: Callable[[], None]) -> None:
        """Until a moment of the monotonic clock, closing what is over meanwhile."""
        while time.monotonic() < moment:
            on_tick()
            self._close_what_is_over()
            time.sleep(max(0.0, min(TICK_SECONDS, moment - time.monotonic())))

    def end_all(self) -> None:
        """Take all faults back, whether they have struck or not."""
        left = Counter[str]()
        for armed in self._stage.armed():
            left[str(armed["fault"])] += int(str(armed["count"]))
        self._stage.disarm()
        self.struck += self._armed - left
        for (_, kind), count in self._stage.sink.struck.items():
            self.struck[kind.value] += count
        for item in self._open:
            self._close(item)
        self._open.clear()

    def _begin(self, fault: PlannedFault) -> None:
        began_at = time.time()
        ongoing = self._stage.begin(fault)
        self._open.append(_Open(fault.kind, began_at, ongoing))
        if _is_armed_at_8x8(fault.kind):
            self._armed[fault.kind.value] += fault.count
        elif fault.kind not in BOT_FAULTS:
            self.struck[fault.kind.value] += 1

    def _close_what_is_over(self) -> None:
        over = [item for item in self._open if item.ongoing.is_over()]
        self._open = [item for item in self._open if item not in over]
        for item in over:
            self._close(item)

    def _close(self, item: _Open) -> None:
        item.ongoing.finish()
        self.windows.append(
            FaultWindow(
                kind=item.kind.value,
                began_at=item.began_at,
                ended_at=time.time(),
                endpoint=item.ongoing.endpoint,
            )
        )


def _is_armed_at_8x8(kind: Kind) -> bool:
    return kind.name.startswith("EIGHT_")
