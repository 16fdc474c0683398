"""`python -m launcher run | test | lint`: what the Makefile calls."""

import sys

from launcher import checks, run, suite

COMMANDS = {"run": run.main, "test": suite.main, "lint": checks.main}


def main() -> int:
    """Hand over to a command; return its exit code."""
    name, *arguments = sys.argv[1:] or [""]
    if name not in COMMANDS:
        sys.stderr.write(f"usage: python -m launcher {' | '.join(COMMANDS)}\n")
        return 2
    return COMMANDS[name](arguments)


if __name__ == "__main__":
    sys.exit(main())
