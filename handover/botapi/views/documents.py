"""The API's own description, and addresses that it does not have."""

from typing import Any, NoReturn

from django.http import Http404
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request

from handover.botapi.bot_api_view import BotApiView


class SchemaView(SpectacularAPIView):
    """OpenAPI 3.1 as JSON; with `Accept: application/yaml` or `?format=yaml` YAML."""

    renderer_classes = [
        OpenApiJsonRenderer2,
        OpenApiJsonRenderer,
        OpenApiYamlRenderer2,
        OpenApiYamlRenderer,
    ]


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI out of our own static files: no script comes from elsewhere."""

    url_name = "bot-api-schema"


class UnknownAddressView(BotApiView):
    """404 for whatever is not there, by any method, to anybody."""

    authentication_classes = []
    permission_classes = []

    schema = None  # type: ignore[assignment]  # DRF's word for "not in the schema"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        raise Http404
