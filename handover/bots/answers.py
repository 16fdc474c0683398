"""What bots post back, read into outputs.

Three forms are understood: the REST form `{text, data, outputStack: [..]}` of the
described system's endpoints, a plain list of outputs, and `{"outputs": [..]}`. An
output is `{text?, data?}`; whatever else it holds is left out.
"""

from collections.abc import Mapping
from typing import Any

from handover.bots.protocol import BotError, BotOutput

# A bot that says more than this in one turn is in a loop.
MOST_OUTPUTS = 50


def parse_outputs(document: object) -> tuple[BotOutput, ...]:
    """The outputs that say something, in order. Raises BotError("malformed-answer")."""
    items = _items(document)
    if len(items) > MOST_OUTPUTS:
        raise BotError("too-many-outputs", retryable=False)
    outputs = (_output(item) for item in items)
    return tuple(output for output in outputs if output.text or output.data)


def _items(document: object) -> list[Any]:
    if isinstance(document, list):
        return document
    if not isinstance(document, Mapping):
        raise _malformed()
    for name in ("outputs", "outputStack"):
        items = document.get(name)
        if items is not None and not isinstance(items, list):
            raise _malformed()
        if items:
            return items
    return [] if "outputs" in document else [document]


def _output(item: object) -> BotOutput:
    if not isinstance(item, Mapping):
        raise _malformed()
    text, data = item.get("text"), item.get("data")
    if not isinstance(text, str | None) or not isinstance(data, dict | None):
        raise _malformed()
    return BotOutput(text=text or "", data=data or None)


def _malformed() -> BotError:
    return BotError("malformed-answer", retryable=False)
