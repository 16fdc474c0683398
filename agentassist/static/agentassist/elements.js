// Elements are made of text only: nothing that anybody wrote is ever read as HTML.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== "" && value !== null && value !== undefined) {
      made.setAttribute(attribute, value);
    }
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function asText(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);
}

export function showFacts(list, facts) {
  const rows = facts
    .filter(([, value]) => asText(value) !== "")
    .map(([label, value, attributes]) =>
      element(
        "div",
        {},
        element("dt", {}, label),
        element("dd", attributes ?? {}, asText(value)),
      ),
    );
  list.replaceChildren(...rows);
  return rows.length > 0;
}
