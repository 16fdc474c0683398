"""What all views of the bot API have in common."""

from typing import Any, TypeVar, cast
from uuid import UUID

from django.http import Http404
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from endpoints.models import Endpoint
from handover.botapi.authentication import BotClient
from handover.botapi.json_bodies import AlwaysJson, StrictJsonParser
from handover.botapi.schema import BotApiSchema
from handover.models import Handover
from handover.selectors import load_handover

AnySerializer = TypeVar("AnySerializer", bound="Serializer[Any]")


class BotApiView(APIView):
    """Authenticated by API key, JSON in and out, problem documents for errors."""

    content_negotiation_class = AlwaysJson
    parser_classes = [StrictJsonParser]
    renderer_classes = [JSONRenderer]
    metadata_class = None  # OPTIONS answers 405
    schema = BotApiSchema()

    @property
    def endpoint(self) -> Endpoint:
        """The caller's own: all that it may see hangs on it."""
        return cast(BotClient, self.request.user).endpoint

    def handover(self, handover_id: UUID) -> Handover:
        """One of the caller's handovers. Raises Http404, also for somebody else's."""
        return find_handover(endpoint=self.endpoint, handover_id=handover_id)

    def body(self, form: type[AnySerializer]) -> dict[str, Any]:
        """The validated body. Raises ValidationError."""
        return validated(form(data=self.request.data))

    def query(self, form: type[AnySerializer]) -> dict[str, Any]:
        """The validated query parameters. Raises ValidationError."""
        return validated(form(data=self.request.query_params))

    def rendered(self, response: Response) -> Response:
        """The response with its content, ahead of DRF's own time for it."""
        self.finalize_response(self.request, response)
        response.render()
        return response


def find_handover(*, endpoint: Endpoint, handover_id: UUID) -> Handover:
    """The endpoint's handover, with what its JSON form needs. Raises Http404."""
    try:
        handover = load_handover(handover_id)
    except Handover.DoesNotExist:
        raise Http404 from None
    if handover.endpoint_id != endpoint.pk:
        raise Http404
    return handover


def validated(serializer: "Serializer[Any]") -> dict[str, Any]:
    """What came in, as the form means it. Raises ValidationError."""
    serializer.is_valid(raise_exception=True)
    validated: dict[str, Any] = serializer.validated_data
    return validated
