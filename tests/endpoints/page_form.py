"""What a browser would post from a page when a person changes nothing."""

from html.parser import HTMLParser


class PageForm(HTMLParser):
    """The fields of all forms of a page, by name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._textarea = ""
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        name = values.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in values:
            self.fields[self._select] = values["value"]
        elif tag == "textarea" and name:
            self._textarea, self.fields[name] = name, ""
        elif tag == "input" and name:
            self._take_input(name, values)

    def _take_input(self, name: str, values: dict[str, str]) -> None:
        kind = values.get("type", "text")
        if kind in ("submit", "button") or "__prefix__" in name:
            return
        if kind == "checkbox" and "checked" not in values:
            return
        self.fields[name] = values.get("value", "on" if kind == "checkbox" else "")

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""
        elif tag == "select":
            self._select = ""
