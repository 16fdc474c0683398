"""Faults that are armed for the next calls or callbacks."""

from dataclasses import dataclass

CALL_FAULTS = ("429", "500", "timeout", "reset-after-accept")
CALLBACK_FAULTS = (
    "duplicate-callback",
    "reorder-callbacks",
    "bad-signature",
    "drop-callbacks",
)
START_FAULTS = ("callback-before-response",)
FAULT_NAMES = CALL_FAULTS + CALLBACK_FAULTS + START_FAULTS
DEFAULT_METHODS = ("POST", "PATCH", "PUT")
MAX_COUNT = 10_000


@dataclass
class ArmedFault:
    fault: str
    count: int  # how many more times it strikes
    conversation_id: str = ""
    api_key: str = ""
    path: str = ""
    methods: tuple[str, ...] = DEFAULT_METHODS

    def as_json(self) -> dict[str, object]:
        document: dict[str, object] = {"fault": self.fault, "count": self.count}
        if self.conversation_id:
            document["conversationId"] = self.conversation_id
        if self.api_key:
            document["apiKey"] = self.api_key
        if self.path:
            document["path"] = self.path
        if self.fault in CALL_FAULTS:
            document["methods"] = list(self.methods)
        return document


class Faults:
    """Each armed fault strikes the first `count` occasions that fit it."""

    def __init__(self) -> None:
        self.armed: list[ArmedFault] = []

    def arm(self, fault: ArmedFault) -> None:
        self.armed.append(fault)

    def clear(self) -> None:
        self.armed.clear()

    def take_for_call(
        self, *, method: str, path: str, api_key: str, conversation_id: str
    ) -> str:
        """The name of the fault that strikes this call, or an empty text."""
        for fault in self.armed:
            if (
                fault.fault in CALL_FAULTS
                and method in fault.methods
                and fault.path in path
                and _fits(fault, api_key=api_key, conversation_id=conversation_id)
            ):
                return self._strike(fault)
        return ""

    def take(self, name: str, *, api_key: str, conversation_id: str) -> bool:
        """Whether the named fault strikes this callback or this new conversation."""
        for fault in self.armed:
            if fault.fault == name and _fits(
                fault, api_key=api_key, conversation_id=conversation_id
            ):
                self._strike(fault)
                return True
        return False

    def _strike(self, fault: ArmedFault) -> str:
        fault.count -= 1
        if fault.count == 0:
            self.armed.remove(fault)
        return fault.fault


def _fits(fault: ArmedFault, *, api_key: str, conversation_id: str) -> bool:
    return fault.api_key in ("", api_key) and fault.conversation_id in (
        "",
        conversation_id,
    )
