// The conversation on screen. Texts go in as text, never as markup.

const NAMES = { user: "You", bot: "Bot", agent: "Agent", system: "Notice" };
const TICKS = {
  sending: "Sending…",
  sent: "Sent ✓",
  none: "Sent ✓",
  pending: "Sent ✓",
  delivered: "Delivered ✓✓",
  failed: "Not delivered",
  unknown: "Perhaps not delivered",
  unsent: "Not sent",
};
const FAILED = new Set(["failed", "unknown", "unsent"]);
const LINK = /https?:\/\/[^\s<>"]+/g;
const END_OF_SENTENCE = /[.,;:!?)\]}'’]+$/;
const NEAR_THE_END = 120;

export class Log {
  #seen = new Set();
  #own = [];
  #atEnd = true;

  constructor(element, hint, onQuickReply) {
    this.element = element;
    this.hint = hint;
    this.onQuickReply = onQuickReply;
    element.addEventListener("scroll", () => (this.#atEnd = this.#isAtEnd()));
    // The banner and the composer take their room from the log.
    new ResizeObserver(() => this.#atEnd && this.#scroll()).observe(element);
  }

  clear() {
    this.#seen.clear();
    this.#own = [];
    this.element.replaceChildren(this.hint);
    this.hint.hidden = false;
  }

  // It goes before what was typed while it was loading.
  addHistory(entries) {
    const later = [...this.element.children].filter((child) => child !== this.hint);
    this.element.replaceChildren(this.hint);
    for (const entry of entries) {
      if (entry.source === "user") this.addOwn(entry.text, entry);
      else this.addOutput(entry, entry.createdAt);
    }
    if (later.length) this.dropQuickReplies();
    this.element.append(...later);
    this.#scroll();
  }

  // An output may come twice, with the answer to a turn and on the stream.
  addOutput(output, createdAt) {
    if (output.traceId && this.#seen.has(output.traceId)) return;
    this.#seen.add(output.traceId);
    const name = output.author?.name || NAMES[output.source] || NAMES.system;
    const bubble = this.#bubble(output.source, name, createdAt, output.text);
    this.#addFiles(bubble, output.attachments);
    this.#append(bubble);
    this.#offer(bubble, output.data?.quickReplies);
  }

  addOwn(text, { createdAt, seq = null, delivery = "sending" } = {}) {
    const bubble = this.#bubble("user", NAMES.user, createdAt, text);
    const foot = document.createElement("p");
    foot.className = "message-foot";
    bubble.append(foot);
    const own = { text, seq, foot, state: "" };
    this.#own.push(own);
    this.mark(own, delivery);
    this.#append(bubble);
    return own;
  }

  mark(own, state, onRetry = null) {
    own.state = state;
    own.foot.textContent = TICKS[state] ?? "";
    own.foot.classList.toggle("failed", FAILED.has(state));
    if (!onRetry) return;
    const retry = button("Try again", "plain-button", () => {
      retry.remove();
      onRetry();
    });
    own.foot.append(retry);
  }

  markDelivered(seq, delivery) {
    const own = this.#own.find((candidate) => candidate.seq === seq);
    if (own) this.mark(own, delivery);
    return Boolean(own);
  }

  // What was said here has no number until the history tells it.
  number(entries) {
    const known = new Set(this.#own.map((own) => own.seq));
    for (const entry of entries) {
      if (entry.source !== "user" || known.has(entry.seq)) continue;
      const own = this.#own.find(
        (candidate) => candidate.seq === null && candidate.text === entry.text && candidate.state !== "unsent",
      );
      if (!own) continue;
      own.seq = entry.seq;
      this.mark(own, entry.delivery);
    }
  }

  dropQuickReplies() {
    const hadFocus = this.element.querySelector(".quick-replies :focus") !== null;
    for (const group of this.element.querySelectorAll(".quick-replies")) group.remove();
    return hadFocus;
  }

  #bubble(source, name, createdAt, text) {
    const bubble = document.createElement("article");
    bubble.className = `message message-${NAMES[source] ? source : "system"}`;
    const head = document.createElement("p");
    head.className = "message-head";
    const moment = createdAt ? new Date(createdAt) : new Date();
    const time = document.createElement("time");
    time.dateTime = moment.toISOString();
    time.textContent = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    head.append(`${name} · `, time);
    bubble.append(head);
    if (text) {
      const body = document.createElement("div");
      body.className = "message-body";
      body.append(...withLinks(text));
      bubble.append(body);
    }
    return bubble;
  }

  #addFiles(bubble, attachments) {
    for (const file of attachments ?? []) {
      const line = document.createElement("div");
      line.className = "message-body";
      const name = String(file.fileName ?? file.name ?? "File");
      line.append(isWebAddress(file.url) ? link(file.url, name) : name);
      bubble.append(line);
    }
  }

  #offer(bubble, quickReplies) {
    if (!Array.isArray(quickReplies)) return;
    const group = document.createElement("div");
    group.className = "quick-replies";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Suggested answers");
    for (const reply of quickReplies) {
      const title = String(reply?.title ?? "");
      if (!title) continue;
      const payload = String(reply.payload ?? title);
      group.append(button(title, "quick-reply", () => this.onQuickReply(title, payload)));
    }
    bubble.append(group);
    if (this.#atEnd) this.#scroll();
  }

  #append(bubble) {
    this.hint.hidden = true;
    this.#atEnd ||= bubble.classList.contains("message-user");
    this.dropQuickReplies();
    this.element.append(bubble);
    if (this.#atEnd) this.#scroll();
  }

  #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    return scrollHeight - scrollTop - clientHeight < NEAR_THE_END;
  }

  #scroll() {
    this.element.scrollTop = this.element.scrollHeight;
  }
}

function button(title, className, onClick) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = className;
  element.textContent = title;
  element.addEventListener("click", onClick);
  return element;
}

function withLinks(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    const address = found[0].replace(END_OF_SENTENCE, "");
    parts.push(text.slice(end, found.index), isWebAddress(address) ? link(address, address) : address);
    end = found.index + address.length;
  }
  parts.push(text.slice(end));
  return parts;
}

function isWebAddress(address) {
  try {
    return ["http:", "https:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}

function link(address, title) {
  const element = document.createElement("a");
  element.href = address;
  element.target = "_blank";
  element.rel = "noopener noreferrer nofollow";
  element.textContent = title;
  return element;
}
