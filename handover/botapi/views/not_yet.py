"""Addresses of the contract that this version answers with 501."""

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from handover.botapi.authentication import ApiKeyHeaderAuthentication
from handover.botapi.bot_api_view import BotApiView
from handover.botapi.refusals import ApiRefusal
from handover.botapi.schema import problems

Method = TypeVar("Method", bound=Callable[..., Any])


def _not_yet(summary: str, operation_id: str) -> Callable[[Method], Method]:
    decorator: Callable[[Method], Method] = extend_schema(
        operation_id=operation_id,
        summary=summary,
        description="Not available yet.",
        request=None,
        responses=problems("not-implemented"),
    )
    return decorator


class NotYetView(BotApiView):
    """Says that this comes later. Subclasses name the methods."""

    schema_tag = "not available yet"

    def refuse(self) -> NoReturn:
        raise ApiRefusal("not-implemented", "This is not available yet.")


class AttachmentsView(NotYetView):
    @_not_yet("Upload a file", "uploadAttachment")
    def post(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()


class TypingView(NotYetView):
    @_not_yet("Say that the user is typing", "sendTyping")
    def post(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()


class InactivityView(NotYetView):
    @_not_yet("Start or restart the inactivity timer", "startInactivityTimer")
    def post(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()


class TileView(NotYetView):
    @_not_yet("Fill an Agent Assist tile", "fillTile")
    def put(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()


class GridView(NotYetView):
    @_not_yet("Change the Agent Assist grid", "changeGrid")
    def put(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()


class AvailabilityView(NotYetView):
    @_not_yet("Ask whether agents are available", "readAvailability")
    def get(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()


class AgentAssistConfigsView(NotYetView):
    @_not_yet("List workspace configs", "listAgentAssistConfigs")
    def get(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()

    @_not_yet("Create a workspace config", "createAgentAssistConfig")
    def post(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()


class AgentAssistConfigView(NotYetView):
    @_not_yet("Read a workspace config", "readAgentAssistConfig")
    def get(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()

    @_not_yet("Replace a workspace config", "replaceAgentAssistConfig")
    def put(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()

    @_not_yet("Change a workspace config", "changeAgentAssistConfig")
    def patch(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()

    @_not_yet("Delete a workspace config", "deleteAgentAssistConfig")
    def delete(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()


class LegacyAgentAssistConfigsView(NotYetView):
    """`/v2.0/agentassistconfigs`, as existing clients call it."""

    authentication_classes = [ApiKeyHeaderAuthentication]

    @_not_yet("List workspace configs", "listAgentAssistConfigsV2")
    def get(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()

    @_not_yet("Create a workspace config", "createAgentAssistConfigV2")
    def post(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()


class LegacyAgentAssistConfigView(NotYetView):
    """`/v2.0/agentassistconfigs/{id}`."""

    authentication_classes = [ApiKeyHeaderAuthentication]

    @_not_yet("Read a workspace config", "readAgentAssistConfigV2")
    def get(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()

    @_not_yet("Replace a workspace config", "replaceAgentAssistConfigV2")
    def put(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()

    @_not_yet("Change a workspace config", "changeAgentAssistConfigV2")
    def patch(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()

    @_not_yet("Delete a workspace config", "deleteAgentAssistConfigV2")
    def delete(self, request: Request, **_: Any) -> NoReturn:
        self.refuse()
