"""The client: all calls of the Chat Gateway that the product makes."""

from endpoints.eightbyeight.conversation_calls import ConversationCalls
from endpoints.eightbyeight.registration_calls import RegistrationCalls


class EightByEightClient(ConversationCalls, RegistrationCalls):
    """8x8 over an injected `requests.Session`, with one API key and tenant.

    Takes `http`, `base_url` (absolute, no query), `api_key`, `tenant` ("" sends no
    header), `connect_timeout_seconds` and `read_timeout_seconds`. Redirects are never
    followed, nothing is retried. Every failure is an `EightByEightError`.
    """
