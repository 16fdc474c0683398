"""Lists what is stuck, for a person or a program, and mends what is safe to mend."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from handover.documents import time_text
from handover.models import StuckReason
from handover.stuck import AUTOMATIC, Stuck, find_stuck, mend


class Command(BaseCommand):
    help = "List what is stuck. Exit status 1 if anything is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON array")
        parser.add_argument(
            "--reason", choices=StuckReason.values, action="append", default=[]
        )
        parser.add_argument(
            "--mend",
            action="store_true",
            help="take the way out; without --reason only where no person is needed",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        reasons = {StuckReason(word) for word in options["reason"]}
        found = find_stuck(reasons=reasons or None)
        if options["mend"]:
            chosen = reasons or AUTOMATIC
            mended = [s for s in found if s.reason in chosen and mend(s)]
            found = [stuck for stuck in found if stuck not in mended]
            self.stderr.write(f"Mended {len(mended)}.")
        if options["json"]:
            self.stdout.write(json.dumps([_document(stuck) for stuck in found]))
        else:
            for stuck in found:
                self.stdout.write(_line(stuck))
        if found:
            sys.exit(1)


def _document(stuck: Stuck) -> dict[str, Any]:
    return {
        "reason": str(stuck.reason),
        "subject": stuck.subject,
        "endpoint": stuck.endpoint.name,
        "handoverId": str(stuck.handover_id) if stuck.handover_id else None,
        "since": time_text(stuck.since),
        "detail": stuck.detail,
        "isMendedAutomatically": stuck.reason in AUTOMATIC,
    }


def _line(stuck: Stuck) -> str:
    since = time_text(stuck.since) or "-"
    detail = f" {stuck.detail}" if stuck.detail else ""
    return f"{stuck.reason} {stuck.subject} since {since}: {stuck.reason.label}{detail}"
