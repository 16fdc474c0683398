// The list on the left: who waits, who is being served, who is done.

import { age, byId, element } from "./elements.js";

const SHOWN_ENDED = 30;

export function showQueue(conversations, openId, select) {
  const newestFirst = conversations.slice().reverse();
  const waiting = conversations.filter((item) => item.waiting);
  const running = newestFirst.filter((item) => item.agentId);
  const ended = newestFirst.filter((item) => item.ended);
  fill("waiting", waiting, waiting.length, openId, select);
  fill("running", running, running.length, openId, select);
  fill("ended", ended.slice(0, SHOWN_ENDED), ended.length, openId, select);
  document.title = waiting.length ? `(${waiting.length}) Agent desktop` : "Agent desktop";
}

export const nameOf = (conversation) =>
  conversation.user.name || conversation.user.userId || "Unknown customer";

function fill(id, items, count, openId, select) {
  byId(`${id}-count`).textContent = count;
  const rows = items.map((item) => element("li", "", row(item, openId, select)));
  byId(id).replaceChildren(...(rows.length ? rows : [element("li", "none", "Nobody")]));
}

function row(item, openId, select) {
  const button = element(
    "button",
    item.id === openId ? "selected" : "",
    element("span", "name", nameOf(item)),
    element("span", "age", age(item.waitingSince ?? item.createdAt)),
    element("span", "preview", preview(item)),
  );
  button.type = "button";
  button.dataset.conversation = item.id;
  button.addEventListener("click", () => select(item.id));
  return button;
}

function preview(item) {
  if (item.ended) return item.endedBy === "user" ? "Ended by the customer" : "Ended by the agent";
  const where = item.agentId ? `with ${item.agentId}` : item.queue ? `in ${item.queue.name}` : "with nobody";
  const last = item.lastMessage && said(item.lastMessage);
  return last ? `${where} · ${last}` : where;
}

function said({ text, attachments }) {
  return text || (attachments.length ? attachments[0].fileName : "a card");
}
