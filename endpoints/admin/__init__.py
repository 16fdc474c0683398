from endpoints.admin.api_key_admin import ApiKeyAdmin
from endpoints.admin.endpoint_admin import EndpointAdmin

__all__ = ["ApiKeyAdmin", "EndpointAdmin"]
