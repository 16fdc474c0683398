// Who is chatting: kept in the browser, so that a reload finds the conversation again.

export class Identity {
  constructor(name) {
    this.key = `handover-chat:${name}`;
    const kept = this.#read();
    this.userId = kept.userId || newId();
    this.sessionId = kept.sessionId || newId();
    this.started = Boolean(kept.started);
    this.draft = kept.draft || "";
  }

  get query() {
    return new URLSearchParams({ userId: this.userId, sessionId: this.sessionId });
  }

  beginAnew() {
    this.sessionId = newId();
    this.started = false;
    this.keep();
  }

  keep() {
    const { userId, sessionId, started, draft } = this;
    try {
      localStorage.setItem(this.key, JSON.stringify({ userId, sessionId, started, draft }));
    } catch {
      // Storage may be forbidden: then the conversation lasts as long as the page.
    }
  }

  #read() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) || {};
    } catch {
      return {};
    }
  }
}

// randomUUID exists on https and localhost only.
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
