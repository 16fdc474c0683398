"""Who may open the agent's page: whoever has the whole link, nobody else."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from django.http import QueryDict
from django.utils.crypto import constant_time_compare

from endpoints.models.endpoint import URL_TOKEN_PATTERN
from handover.links import agent_assist_url
from handover.models import Handover

KNOWN_NAMES = frozenset(
    {"sessionId", "userId", "URLToken", "organisationId", "projectId", "configId"}
)
# The address itself is the key to the page: it goes to no cache and no other site.
PRIVATE_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
# NUL is the one character that PostgreSQL cannot even be asked about.
NUL = "\0"


@dataclass(frozen=True)
class Link:
    """The parameters of one link, each given once; nothing is checked yet."""

    parameters: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.parameters.get(name, "")


def read_link(query: QueryDict) -> Link | None:
    """The link in a query string; None when it cannot be one of ours.

    Names that we do not know are passed over: proxies and frames add their own.
    """
    parameters = {}
    for name in KNOWN_NAMES & set(query):
        values = query.getlist(name)
        if len(values) != 1 or NUL in values[0]:
            return None
        parameters[name] = values[0]
    return Link(parameters)


def handover_behind(link: Link) -> Handover | None:
    """The latest handover of the link's session; None when the link is not right.

    Every parameter must be there and equal to what a link made now would have.
    """
    if not re.fullmatch(URL_TOKEN_PATTERN, link["URLToken"]):
        return None
    handover = (
        Handover.objects.select_related("endpoint", "config__endpoint", "chat_session")
        .filter(
            endpoint__url_token=link["URLToken"],
            endpoint__enabled=True,
            chat_session__session_id=link["sessionId"],
            chat_session__user_id=link["userId"],
        )
        .order_by("-created_at")
        .first()
    )
    if handover is None or not _is_link_of(handover, link):
        return None
    return handover


def _is_link_of(handover: Handover, link: Link) -> bool:
    expected = dict(
        parse_qsl(
            urlsplit(agent_assist_url(handover)).query,
            keep_blank_values=True,
            strict_parsing=True,
        )
    )
    if link.parameters.keys() != expected.keys():
        return False
    if not link["organisationId"] and _was_made_without_tenant(handover):
        expected["organisationId"] = ""
    # Compare all of them, so that the time says nothing about which one is wrong.
    matches = [
        constant_time_compare(link[name], value) for name, value in expected.items()
    ]
    return all(matches)


def _was_made_without_tenant(handover: Handover) -> bool:
    """Whether links may be out that are older than our knowledge of the tenant.

    Where no admin gave one, it is learnt from the first callback, which comes after
    the link of the first handover went to the agent.
    """
    return not (handover.endpoint.organisation_id or handover.config.tenant)
