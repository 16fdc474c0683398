"""Fields that take what JSON says and convert nothing."""

from typing import Any

from rest_framework import serializers

MAX_ENTRIES = 30
MAX_KEY_LENGTH = 128
MAX_VALUE_LENGTH = 2000


class Text(serializers.CharField):
    """A JSON string, kept exactly as it came."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # Numbers are refused too: DRF would turn them into text.
        if data is not serializers.empty and data is not None:
            if not isinstance(data, str):
                self.fail("invalid")
            if not self.allow_blank and not data.strip():
                self.fail("blank")
        return super().run_validation(data)


class OptionalText(Text):
    """May be absent, null or empty, which all say the same."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, allow_blank=True, **kwargs)


class OptionalEmail(serializers.EmailField):
    """A valid address, or nothing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, allow_blank=True, **kwargs)


class OptionalFlag(serializers.BooleanField):
    """true, false, or null for the endpoint's own setting."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, **kwargs)

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class TextProperties(serializers.DictField):
    """An object of strings, at most 30."""

    child = Text(allow_blank=True, max_length=MAX_VALUE_LENGTH)
    default_error_messages = {
        "too_many": f"Ensure this object has no more than {MAX_ENTRIES} entries.",
        "key": f"Ensure every name has 1 to {MAX_KEY_LENGTH} characters.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, **kwargs)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if isinstance(data, dict):
            if len(data) > MAX_ENTRIES:
                self.fail("too_many")
            if not all(0 < len(key) <= MAX_KEY_LENGTH for key in data):
                self.fail("key")
        properties: dict[str, str] = super().to_internal_value(data)
        return properties


class Objects(serializers.ListField):
    """A list of JSON objects of any form."""

    default_error_messages = {
        "objects": "Expected a list of objects.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, **kwargs)

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        objects: list[dict[str, Any]] = super().to_internal_value(data)
        if not all(isinstance(entry, dict) for entry in objects):
            self.fail("objects")
        return objects


class NotYet(Objects):
    """A list that this version can only take empty."""

    default_error_messages = {"not_yet": "Not supported yet."}

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is not serializers.empty and data:
            self.fail("not_yet")
        return super().run_validation(data)
