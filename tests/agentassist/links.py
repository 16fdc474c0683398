"""Following the link that the agent got."""

from urllib.parse import parse_qsl, urlsplit

from handover.links import agent_assist_url
from handover.models import Handover

PAGE = "/agent-assist/"
# What the page of the handover in conftest.py shows, and a refusal must not.
SECRETS = (
    "history question",
    "history answer",
    "words of the user",
    "words of the agent",
    "words for the agent only",
    "reason of session-1",
    "Ada Lovelace",
    "ada@example.org",
    "Grace Hopper",
    "session-1",
    "acme",
)


def link_of(handover: Handover) -> dict[str, str]:
    """The parameters of a link as a browser sends them."""
    query = urlsplit(agent_assist_url(handover)).query
    return dict(parse_qsl(query, keep_blank_values=True))
