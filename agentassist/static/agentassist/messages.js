import { asText, element } from "./elements.js";
import { momentText } from "./times.js";

const AUTHORS = { user: "Customer", bot: "Bot", agent: "Agent", system: "System" };
const TICKS = {
  pending: "…",
  delivered: "✓",
  failed: "✕",
  unknown: "?",
  suppressed: "⊘",
};
const REASONS = {
  ended: "the conversation had ended",
  "not-owner": "an agent had the conversation",
};

export function messageElement(message) {
  const view = element(
    "li",
    {
      class: "message",
      "data-id": message.id,
      "data-seq": message.seq,
      "data-author": message.authorType,
      "data-delivery": message.delivery,
    },
    head(message),
    message.text ? element("p", { class: "message-text" }, message.text) : null,
    choices(message.data),
    files(message.attachments),
    ...(message.cards ?? []).map((card) => raw("Card", card)),
    raw("Data", otherData(message.data)),
    foot(message),
  );
  return view;
}

function head(message) {
  const role = AUTHORS[message.authorType] ?? message.authorType;
  const name = message.author?.name;
  return element(
    "p",
    { class: "message-head" },
    element("span", { class: "message-author" }, name || role),
    name ? element("span", {}, role) : null,
    element("time", { datetime: message.createdAt }, momentText(message.createdAt)),
  );
}

function foot(message) {
  return element(
    "p",
    { class: "message-foot" },
    message.deliveryText ? tick(message) : null,
    message.isAgentOnly
      ? element("span", { class: "tag" }, "The customer does not see this")
      : null,
  );
}

function tick(message) {
  const word = message.deliveryReason;
  const reason = word ? `: ${REASONS[word] ?? word}` : "";
  return element(
    "span",
    { class: "tick", "data-delivery": message.delivery },
    `${TICKS[message.delivery] ?? ""} ${message.deliveryText}${reason}`,
  );
}

function choices(data) {
  const replies = Array.isArray(data?.quickReplies) ? data.quickReplies : [];
  if (replies.length === 0) return null;
  return element(
    "ul",
    { class: "choices", "aria-label": "Quick replies offered" },
    ...replies.map((reply) => element("li", {}, asText(reply?.title ?? reply))),
  );
}

function otherData(data) {
  if (data === null || typeof data !== "object") return data;
  const { quickReplies: _, ...rest } = data;
  return Object.keys(rest).length > 0 ? rest : null;
}

function files(attachments) {
  if (!attachments?.length) return null;
  return element(
    "ul",
    { class: "files", "aria-label": "Attachments" },
    ...attachments.map((file) => element("li", {}, fileLink(file))),
  );
}

function fileLink(file) {
  const name = asText(file?.fileName ?? file?.filename ?? "Attachment");
  const url = asText(file?.url);
  if (!/^https?:\/\//i.test(url)) return name;
  return element("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, name);
}

function raw(title, value) {
  if (value === null || value === undefined) return null;
  return element(
    "details",
    { class: "raw" },
    element("summary", {}, title),
    element("pre", { tabindex: "0" }, asText(value)),
  );
}
