"""The words by which programs tell one error of the bot API from another."""

from typing import NamedTuple


class ProblemKind(NamedTuple):
    """What a code always means."""

    status: int
    title: str


PROBLEMS: dict[str, ProblemKind] = {
    "malformed": ProblemKind(400, "The body cannot be read"),
    "not-authenticated": ProblemKind(401, "No valid API key"),
    "forbidden": ProblemKind(403, "Not allowed"),
    "endpoint-disabled": ProblemKind(403, "The endpoint is switched off"),
    "not-found": ProblemKind(404, "Not found"),
    "method-not-allowed": ProblemKind(405, "Method not allowed"),
    "not-acceptable": ProblemKind(406, "Not available in this form"),
    "already-active": ProblemKind(409, "This session already has a handover"),
    "ended": ProblemKind(409, "The handover has ended"),
    "not-owner": ProblemKind(409, "The conversation is in other hands"),
    "not-waiting": ProblemKind(409, "The handover is no longer waiting"),
    "too-large": ProblemKind(413, "The body is too large"),
    "unsupported-media-type": ProblemKind(415, "Not JSON"),
    "invalid": ProblemKind(422, "Some fields are not valid"),
    "not-configured": ProblemKind(422, "The endpoint is not connected to 8x8"),
    "closed": ProblemKind(422, "The contact center is closed"),
    "no-agents": ProblemKind(422, "No agent is available"),
    "idempotency-key-reused": ProblemKind(
        422, "The Idempotency-Key was used for another request"
    ),
    "throttled": ProblemKind(429, "Too many requests"),
    "internal-error": ProblemKind(500, "Something went wrong"),
    "not-implemented": ProblemKind(501, "Not available yet"),
    "unavailable": ProblemKind(503, "Try again in a moment"),
}

# Of several codes with one status the most general.
_GENERAL = {
    403: "forbidden",
    422: "invalid",
}


def code_of_status(status: int) -> str:
    """The code for an error that is known by its HTTP status only."""
    if status in _GENERAL:
        return _GENERAL[status]
    for code, kind in PROBLEMS.items():
        if kind.status == status and status != 409:
            return code
    return "malformed" if 400 <= status < 500 else "internal-error"
