"""Looking at the machine's processes through /proc."""

from pathlib import Path

PROC = Path("/proc")
MARK = "HANDOVER_TEST_MARK"


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        state = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def marked_processes(mark: str) -> dict[int, str]:
    """Command lines of all living processes that inherited HANDOVER_TEST_MARK."""
    wanted = f"{MARK}={mark}".encode()
    found = {}
    for folder in PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if wanted in variables and is_alive(int(folder.name)):
            found[int(folder.name)] = command.strip()
    return found
