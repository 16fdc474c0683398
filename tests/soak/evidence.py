"""The rows behind a conversation that went wrong, kept before the database goes."""

import json
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

# All of one handover, the oldest first.
QUERIES = {
    "handover": "SELECT * FROM handover_handover WHERE id = %(id)s",
    "messages": (
        "SELECT * FROM handover_message WHERE handover_id = %(id)s ORDER BY seq"
    ),
    "events": (
        "SELECT * FROM handover_handoverevent WHERE handover_id = %(id)s ORDER BY seq"
    ),
    "deliveries": (
        "SELECT d.*, m.direction FROM handover_delivery d JOIN handover_mailbox m"
        " ON m.id = d.mailbox_id WHERE m.handover_id = %(id)s ORDER BY d.id"
    ),
    "attempts": (
        "SELECT a.* FROM handover_deliveryattempt a"
        " JOIN handover_delivery d ON d.id = a.delivery_id"
        " JOIN handover_mailbox m ON m.id = d.mailbox_id"
        " WHERE m.handover_id = %(id)s ORDER BY a.id"
    ),
    "callbacks": (
        "SELECT c.* FROM handover_callbackevent c JOIN handover_handover h"
        " ON c.conversation_id = h.conversation_id"
        " WHERE h.id = %(id)s AND h.conversation_id <> '' ORDER BY c.id"
    ),
}
SUPPRESSED = "SELECT count(*) FROM handover_message WHERE delivery = 'suppressed'"
RECONCILED = "SELECT count(*) FROM handover_message WHERE source = 'reconciled'"


def keep_rows(
    *, database_url: str, handover_id: str, more: dict[str, Any], path: Path
) -> None:
    """Write everything about one handover into a JSON file."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        rows = {
            name: connection.execute(query, {"id": handover_id}).fetchall()
            for name, query in QUERIES.items()
        }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**more, **rows}, default=str, indent=1))


def count(*, database_url: str, query: str) -> int:
    """The one number that a query answers with."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0
