"""From a callback's text to a typed event, the same at intake and at work."""

from endpoints.eightbyeight.events import Event, parse_event
from handover.strict_json import parse_json


def read_event(text: str) -> Event:
    """Raises ValueError (not JSON, or nested beyond reason) and MalformedEvent.

    What a database cannot keep of legal JSON, as NUL characters, is taken out.
    """
    return parse_event(parse_json(text.encode()))
