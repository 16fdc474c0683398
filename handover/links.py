"""Addresses that are made of a handover."""

from urllib.parse import urlencode

from django.conf import settings

from handover.models import Handover

DEFAULT_WORKSPACE_CONFIG_ID = "default"


def agent_assist_url(handover: Handover) -> str:
    """The link to the agent's page, in the described system's pattern.

    Parameter names and their order are fixed by clients that parse it:
    sessionId, userId, URLToken, organisationId, projectId (where set), configId.
    The 8x8 tenant stands in where no organisation id is set.
    """
    endpoint = handover.endpoint
    base = endpoint.agent_assist_base_url or f"{settings.PUBLIC_BASE_URL}/agent-assist/"
    parameters = {
        "sessionId": handover.chat_session.session_id,
        "userId": handover.chat_session.user_id,
        "URLToken": endpoint.url_token,
        "organisationId": endpoint.organisation_id or handover.config.known_tenant,
        "projectId": endpoint.project_id,
        "configId": endpoint.agent_assist_config_id or DEFAULT_WORKSPACE_CONFIG_ID,
    }
    if not parameters["projectId"]:
        del parameters["projectId"]
    return f"{base}?{urlencode(parameters)}"
