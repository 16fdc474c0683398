"""Becomes another program that dies when the process that started it dies.

`python -I -S child.py PARENT_PID SIGNAL USER COMMAND...` asks the kernel to send
SIGNAL when the parent is gone, then replaces itself by COMMAND. USER is a user to
become first, or "-". Runs without site-packages: keep the imports to the standard
library.

The kernel looks at the parent *thread* (man 2 PR_SET_PDEATHSIG): start this from a
thread that lives as long as the child shall. Children of COMMAND do not inherit the
setting; the warden is for them.
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1
COMMAND_NOT_FOUND = 127


def become(user: str) -> None:
    """Drop to a user. Before prctl: a change of user clears the death signal."""
    account = pwd.getpwnam(user)
    os.initgroups(user, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def die_with_parent(*, parent_pid: int, signal_number: int) -> None:
    """Ask for `signal_number` at the parent's death; exit if that was already."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent_pid:
        sys.exit(0)


def main(arguments: list[str]) -> None:
    """Set the death signal, then exec the command."""
    parent_pid, signal_number, user, *command = arguments
    if user != "-":
        become(user)
    die_with_parent(parent_pid=int(parent_pid), signal_number=int(signal_number))
    try:
        os.execvp(command[0], command)  # noqa: S606 - the caller's own command
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error.strerror}\n")
        sys.exit(COMMAND_NOT_FOUND)


if __name__ == "__main__":
    main(sys.argv[1:])
