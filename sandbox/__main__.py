"""`python -m sandbox --port 8088 --data FOLDER` runs the simulated contact center."""

import argparse
import asyncio
import errno
import logging
import signal
import sys
from pathlib import Path

from aiohttp import web

from sandbox.app import build_app
from sandbox.context import Options, Sandbox, build_sandbox

SHUTDOWN_SECONDS = 2.0


def main() -> int:
    arguments = _parse_arguments()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    try:
        sandbox = build_sandbox(
            folder=arguments.data, options=Options.from_environment()
        )
        asyncio.run(
            _serve(
                sandbox,
                host=arguments.host,
                port=arguments.port,
                public_url=arguments.public_url,
            )
        )
    except (OSError, ValueError) as error:
        sys.stderr.write(f"sandbox: {_explain(error, arguments)}\n")
        return 1
    return 0


async def _serve(sandbox: Sandbox, *, host: str, port: int, public_url: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(
        build_app(sandbox), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        chosen_port = runner.addresses[0][1]
        shown_host = f"[{host}]" if ":" in host else host
        sandbox.base_url = public_url or f"http://{shown_host}:{chosen_port}"
        sys.stdout.write(f"8x8 sandbox: agent desktop at {sandbox.base_url}/desktop/\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await runner.cleanup()


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--port", type=int, default=8088, help="0 takes any free port (default 8088)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("var/sandbox"),
        help="folder for the signing key and the registrations",
    )
    parser.add_argument(
        "--public-url",
        default="",
        help="how others reach the sandbox, if not by host and port",
    )
    return parser.parse_args()


def _explain(error: Exception, arguments: argparse.Namespace) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return (
            f"port {arguments.port} on {arguments.host} is taken: stop what runs "
            "there, or choose another one with --port"
        )
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
