"""Webhook and channel registrations in a file, so that a restart keeps them."""

import json
from dataclasses import asdict
from pathlib import Path

from sandbox.model import Channel, Webhook


class Registrations:
    def __init__(self, *, folder: Path) -> None:
        self._file = folder / "registrations.json"

    def load(self, *, tenant_id: str) -> tuple[list[Webhook], list[Channel]]:
        saved = self._read().get(tenant_id, {})
        return (
            [Webhook(**webhook) for webhook in saved.get("webhooks", [])],
            [Channel(**channel) for channel in saved.get("channels", [])],
        )

    def save(
        self, *, tenant_id: str, webhooks: list[Webhook], channels: list[Channel]
    ) -> None:
        everything = self._read()
        everything[tenant_id] = {
            "webhooks": [asdict(webhook) for webhook in webhooks],
            "channels": [asdict(channel) for channel in channels],
        }
        # A crash in the middle must leave the old file whole.
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(everything, indent=2), encoding="utf-8")
        fresh.replace(self._file)

    def clear(self) -> None:
        self._file.unlink(missing_ok=True)

    def _read(self) -> dict[str, dict[str, list[dict[str, str]]]]:
        if not self._file.exists():
            return {}
        saved: dict[str, dict[str, list[dict[str, str]]]] = json.loads(
            self._file.read_text(encoding="utf-8")
        )
        return saved
