"""Where the time went, from the tables: how long messages stayed in each stage."""

import psycopg

# Each query: how many seconds every row took. Faults are included.
STAGES = {
    "8x8 says → callback stored": (
        "SELECT received_at - occurred_at AS took FROM handover_callbackevent"
    ),
    "callback stored → processed": (
        "SELECT processed_at - received_at AS took FROM handover_callbackevent"
    ),
    "event → bot has it": (
        "SELECT finished_at - created_at AS took FROM handover_delivery"
        " WHERE kind = 'event'"
    ),
    "message → 8x8 has it": (
        "SELECT finished_at - created_at AS took FROM handover_delivery"
        " WHERE kind = 'message'"
    ),
}
PERCENTILES = "SELECT percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY"
NAMES = ("p50", "p95", "p99")


def time_in_stages(*, database_url: str) -> dict[str, dict[str, int]]:
    """Milliseconds per stage: p50, p95 and p99."""
    with psycopg.connect(database_url) as connection:
        return {
            stage: _percentiles(connection, query) for stage, query in STAGES.items()
        }


def _percentiles(
    connection: psycopg.Connection[tuple[object, ...]], query: str
) -> dict[str, int]:
    row = connection.execute(
        f"{PERCENTILES} extract(epoch FROM took)) FROM ({query}) AS t".encode()
    ).fetchone()
    seconds = row[0] if row is not None and isinstance(row[0], list) else []
    return {
        name: round(value * 1000)
        for name, value in zip(NAMES, seconds, strict=False)
        if value is not None
    }
