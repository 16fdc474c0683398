"""Whether this process has been asked to end.

Who works in rounds looks here between two of them; who answers a load balancer
says so. Asking is one assignment, so a signal handler may do it at any moment.
"""

_asked = False


def ask() -> None:
    """Have this process come to an end of its work."""
    global _asked
    _asked = True


def is_asked() -> bool:
    """Tell whether somebody has asked."""
    return _asked


def forget() -> None:
    """For tests, whose process lives on."""
    global _asked
    _asked = False
