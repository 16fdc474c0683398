// The panel on the right: details, faults, callbacks.

import { byId, clock, element, facts } from "./elements.js";

const FAULTS = {
  "429": "Answer: too many requests, try again in 1 s",
  "500": "Answer: server error, nothing is done",
  timeout: "No answer, nothing is done",
  "reset-after-accept": "Done, but the answer is lost",
  "duplicate-callback": "Callbacks arrive twice",
  "reorder-callbacks": "A callback arrives after its successor",
  "bad-signature": "First a wrong signature, then the right one",
  "callback-before-response": "Callbacks overtake the answer to a new conversation",
  "drop-callbacks": "Callbacks never arrive",
};

export function showDetails(conversation) {
  const user = conversation?.user ?? {};
  const { additionalProperties = [], ...known } = user;
  facts(byId("user"), [
    ...Object.entries(known),
    ...additionalProperties.map(({ key, value }) => [key, value]),
  ]);
  facts(byId("facts"), !conversation ? [] : [
    ["id", conversation.id],
    ["state", conversation.state],
    ["channel", conversation.channelId],
    ["queue", conversation.queue?.name],
    ["agent", conversation.agentId],
    ["started", clock(conversation.createdAt)],
    ["history", `${conversation.history.length} messages`],
    ["tenant", conversation.tenantId],
  ]);
}

export function buildFaultButtons(arm) {
  byId("fault-buttons").replaceChildren(
    ...Object.entries(FAULTS).map(([name, meaning]) => {
      const button = element("button", "", name, element("small", "", meaning));
      button.type = "button";
      button.dataset.fault = name;
      button.addEventListener("click", () => arm(name));
      return button;
    }),
  );
}

export function showArmed(faults) {
  const rows = faults.map((item) =>
    element("li", "", `${item.fault} × ${item.count}${item.conversationId ? ` in ${item.conversationId}` : ""}${item.path ? ` on ${item.path}` : ""}`),
  );
  byId("armed").replaceChildren(...(rows.length ? rows : [element("li", "soft", "none")]));
  byId("armed-count").hidden = faults.length === 0;
  byId("armed-count").textContent = faults.reduce((sum, item) => sum + item.count, 0);
  byId("clear-faults").disabled = faults.length === 0;
}

// What is unfolded stays unfolded when the list is drawn again.
export function showCallbacks(callbacks) {
  const list = byId("callbacks");
  const unfolded = new Set([...list.querySelectorAll("li:has(details[open])")].map((row) => row.dataset.event));
  const rows = callbacks.slice().reverse().map((item) => callbackRow(item, unfolded.has(item.eventId)));
  list.replaceChildren(...(rows.length ? rows : [element("li", "soft", "none yet")]));
}

function callbackRow(item, unfolded) {
  const attempts = item.attempts
    .map((attempt) => `${clock(attempt.sentAt)} ${attempt.status ?? attempt.error}${attempt.wrongSignature ? " (wrong signature)" : ""}`)
    .join(", ");
  const body = element("details", "", element("summary", "", "body"), element("pre", "", pretty(item.body)));
  body.open = unfolded;
  const row = element(
    "li",
    "",
    element("div", "line", element("strong", "", item.eventType), element("span", `badge ${item.state}`, item.state)),
    element("div", "soft", attempts || "not sent"),
    body,
  );
  row.dataset.event = item.eventId;
  return row;
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
