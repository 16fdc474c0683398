"""A session with a handover, and the link to its page."""

import pytest

from endpoints.models import Endpoint
from handover.models import Handover
from tests.agentassist.links import link_of
from tests.handover.admin.rows import (
    make_endpoint,
    make_handover,
    say_as_agent,
    say_as_user,
    say_on_agent_side,
)


@pytest.fixture
def endpoint(db: None) -> Endpoint:
    return make_endpoint(project_id="project-1", agent_assist_config_id="config-1")


@pytest.fixture
def handover(endpoint: Endpoint) -> Handover:
    """One that an agent has: something was said by everybody."""
    handover = make_handover(endpoint)
    say_as_user(handover, "words of the user")
    say_as_agent(handover, "words of the agent")
    say_on_agent_side(handover, "words for the agent only")
    handover.refresh_from_db()
    return handover


@pytest.fixture
def link(handover: Handover) -> dict[str, str]:
    """The parameters of the link that the agent got."""
    return link_of(handover)
