"""The `live` process: `python -m handover_project.serve_live --uds PATH`.

uvicorn, which is told of the end before it waits for open streams, and ends with 0.
"""

import argparse
import os
import signal
import sys
from types import FrameType

import uvicorn

from handover import stopping

# Of more than the proxy in front keeps an idle connection.
KEEP_ALIVE_SECONDS = 75


class Server(uvicorn.Server):
    """uvicorn that passes the word on at once."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Have streams and long polls come to an end, then the server."""
        stopping.ask()
        super().handle_exit(sig, frame)


def main() -> None:
    """Serve until asked to end."""
    options = _parse()
    os.environ["HANDOVER_PROCESS"] = "live"
    config = uvicorn.Config(
        "handover_project.asgi:application",
        host=options.host,
        port=options.port,
        uds=options.uds,
        lifespan="off",
        access_log=False,
        log_level="warning",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=options.stop_seconds,
    )
    # When everything is closed uvicorn raises the signal again for whoever had it.
    signal.signal(signal.SIGTERM, _exit)
    Server(config).run()


def _exit(_: int, __: FrameType | None) -> None:
    sys.exit(0)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="serve_live", description=__doc__)
    parser.add_argument("--uds", help="unix socket, instead of a port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument(
        "--stop-seconds",
        type=int,
        default=5,
        help="how long what runs may take after SIGTERM; streams end at once",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
