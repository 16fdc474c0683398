// The conversation in the middle: history, messages, files and cards.

import { byId, clock, element, link, linked } from "./elements.js";
import { nameOf } from "./queue.js";

const TYPING_SHOWN_MS = 6000;
const STATES = { created: "starting", active: "active", idle: "ended" };

let shown = "";

export function showChat(conversation, agent) {
  byId("nothing-open").hidden = Boolean(conversation);
  byId("open").hidden = !conversation;
  if (!conversation) return;
  byId("chat-name").textContent = nameOf(conversation);
  byId("chat-state").textContent = stateOf(conversation);
  const mine = conversation.agentId === agent;
  byId("accept").hidden = !conversation.waiting;
  for (const id of ["transfer", "leave", "end"]) byId(id).hidden = !mine;
  byId("composer").hidden = !mine;
  showTyping(conversation);
  const key = `${conversation.id} ${conversation.state} ${conversation.messages.length}`;
  if (key !== shown) showMessages(conversation);
  shown = key;
}

export function showTyping(conversation) {
  const at = conversation?.indicators["typing-user"]?.at ?? 0;
  byId("user-typing").hidden = conversation?.ended || Date.now() - at > TYPING_SHOWN_MS;
}

function stateOf(conversation) {
  const state = STATES[conversation.state] ?? conversation.state;
  if (conversation.agentId) return `${state}, with ${conversation.agentId}`;
  if (conversation.waiting && conversation.queue) return `waiting in ${conversation.queue.name}`;
  return state;
}

function showMessages(conversation) {
  const log = byId("log");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  const changedConversation = !shown.startsWith(`${conversation.id} `);
  const old = conversation.history.map((message) =>
    bubble(message.authorType ?? "user", nameFor(conversation, message.authorType), message, "old"),
  );
  const live = conversation.messages.map((message) =>
    bubble(message.author.type, `${nameFor(conversation, message.author.type, message.author.id)} · ${clock(message.createdAt)}`, message),
  );
  log.replaceChildren(
    ...(old.length ? [divider("Before a person was asked for"), ...old] : []),
    divider(`Handed over at ${clock(conversation.createdAt)}`),
    ...live,
    ...(conversation.ended ? [divider(`Ended by the ${conversation.endedBy === "user" ? "customer" : "agent"}`)] : []),
  );
  if (atEnd || changedConversation) log.scrollTop = log.scrollHeight;
}

function nameFor(conversation, type, id = "") {
  if (type === "agent") return id;
  if (type === "bot") return "Bot";
  if (type === "system") return "System";
  return nameOf(conversation);
}

const divider = (text) => element("div", "divider", text);

function bubble(type, by, message, extra = "") {
  const made = element("div", `bubble ${type} ${extra}`, element("span", "by", by));
  if (message.text) made.append(...linked(message.text));
  for (const file of message.attachments ?? []) {
    made.append(file.url ? link(file.url, `File: ${file.fileName}`, "file") : element("span", "file", "File"));
  }
  for (const card of message.cards ?? []) made.append(cardView(card));
  return made;
}

function cardView(card) {
  const content = card.content ?? {};
  const view = element("div", "card");
  for (const block of content.body ?? []) {
    if (typeof block?.text === "string") view.append(element("div", "", block.text));
    else if (block?.type?.startsWith?.("Input.")) view.append(element("div", "soft", `▭ ${block.label ?? block.placeholder ?? block.id ?? "input"}`));
  }
  for (const option of [...(content.actions ?? []), ...(content.options ?? [])]) {
    view.append(element("span", "option", String(option?.title ?? "")));
  }
  const source = element("details", "", element("summary", "", card.contentType ?? "card"));
  source.append(element("pre", "", JSON.stringify(content, null, 2)));
  view.append(source);
  return view;
}
