"""States that do not get any further by themselves: found, shown, and mended."""

from handover.stuck.finding import Stuck, find_stuck
from handover.stuck.mending import AUTOMATIC, mend, mend_automatically

__all__ = ["AUTOMATIC", "Stuck", "find_stuck", "mend", "mend_automatically"]
