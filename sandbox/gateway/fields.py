"""Reads a JSON object field by field and refuses what does not fit, by name."""

from collections.abc import Iterator, Mapping

from sandbox.gateway.problems import invalid
from sandbox.model import JsonObject


class Fields:
    def __init__(self, document: Mapping[str, object], *, path: str = "") -> None:
        self._document = document
        self._path = path

    def name_of(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def has(self, name: str) -> bool:
        return name in self._document

    def raw(self, name: str) -> object:
        return self._document.get(name)

    def text(self, name: str, *, default: str = "", max_length: int = 0) -> str:
        """The text, or the default when the field is absent. Null is no text."""
        if name not in self._document:
            return default
        value = self._document[name]
        if not isinstance(value, str):
            raise invalid(
                "invalid_type",
                f"{self.name_of(name)} must be a text.",
                field=self.name_of(name),
                value=value,
            )
        if max_length and len(value) > max_length:
            raise invalid(
                "invalid_length",
                f"{self.name_of(name)} has more than {max_length} characters.",
                field=self.name_of(name),
                value=value,
            )
        return value

    def required_text(self, name: str, *, max_length: int = 0) -> str:
        value = self.text(name, max_length=max_length)
        if not value.strip():
            raise invalid(
                "missing_value",
                f"{self.name_of(name)} must not be empty.",
                field=self.name_of(name),
            )
        return value

    def choice(self, name: str, allowed: tuple[str, ...], *, default: str = "") -> str:
        value = self.text(name, default=default)
        if value not in allowed:
            raise invalid(
                "invalid_value",
                f"{self.name_of(name)} must be one of: {', '.join(allowed)}.",
                field=self.name_of(name),
                value=value,
            )
        return value

    def integer(self, name: str, *, minimum: int, maximum: int) -> int | None:
        if name not in self._document:
            return None
        value = self._document[name]
        # In Python, True is an int; in JSON it is not.
        if not isinstance(value, int) or isinstance(value, bool):
            raise invalid(
                "invalid_type",
                f"{self.name_of(name)} must be a whole number.",
                field=self.name_of(name),
                value=value,
            )
        if not minimum <= value <= maximum:
            raise invalid(
                "invalid_value",
                f"{self.name_of(name)} must lie between {minimum} and {maximum}.",
                field=self.name_of(name),
                value=value,
            )
        return value

    def child(self, name: str) -> "Fields | None":
        """The object under `name`, or None when the field is absent."""
        if name not in self._document:
            return None
        value = self._document[name]
        if not isinstance(value, dict):
            raise invalid(
                "invalid_type",
                f"{self.name_of(name)} must be an object.",
                field=self.name_of(name),
                value=value,
            )
        return Fields(value, path=self.name_of(name))

    def required_child(self, name: str) -> "Fields":
        child = self.child(name)
        if child is None:
            raise invalid(
                "missing_value",
                f"{self.name_of(name)} is required.",
                field=self.name_of(name),
            )
        return child

    def objects(self, name: str, *, maximum: int = 0) -> Iterator["Fields"]:
        """The objects of the list under `name`; none when the field is absent."""
        value = self._document.get(name, [])
        if not isinstance(value, list):
            raise invalid(
                "invalid_type",
                f"{self.name_of(name)} must be a list.",
                field=self.name_of(name),
                value=value,
            )
        if maximum and len(value) > maximum:
            raise invalid(
                "too_many_items",
                f"{self.name_of(name)} has more than {maximum} items.",
                field=self.name_of(name),
                value=len(value),
            )
        for index, item in enumerate(value):
            path = f"{self.name_of(name)}[{index}]"
            if not isinstance(item, dict):
                raise invalid(
                    "invalid_type", f"{path} must be an object.", field=path, value=item
                )
            yield Fields(item, path=path)

    def document(self) -> JsonObject:
        return dict(self._document)
