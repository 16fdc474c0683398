// The three addresses of one session: turns, history, live stream.

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30000;
const SHOWN_AS_LOST_AFTER = 3000;
const TURN_TIMEOUT = 60000;

export class Connection {
  #source = null;
  #retry = null;
  #lostTimer = null;
  #pause = FIRST_PAUSE;

  constructor(endpointUrl, identity, handlers) {
    this.endpointUrl = endpointUrl;
    this.identity = identity;
    this.handlers = handlers;
    this.lastSeq = 0;
  }

  async say(text, data) {
    const { userId, sessionId } = this.identity;
    const response = await fetch(this.endpointUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ userId, sessionId, text, data }),
      signal: AbortSignal.timeout(TURN_TIMEOUT),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response.json();
  }

  async history() {
    const response = await fetch(`${this.endpointUrl}/history?${this.identity.query}`);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response.json();
  }

  listen() {
    if (this.#source) return;
    const query = this.identity.query;
    query.set("after", this.lastSeq);
    const source = new EventSource(`${this.endpointUrl}/stream?${query}`);
    this.#source = source;
    source.addEventListener("open", () => this.#connected());
    source.addEventListener("error", () => this.#disconnected());
    for (const name of ["output", "status", "delivery"]) {
      source.addEventListener(name, (event) => {
        if (source !== this.#source) return;
        this.lastSeq = Math.max(this.lastSeq, Number(event.lastEventId) || 0);
        this.handlers[name](JSON.parse(event.data));
      });
    }
  }

  close() {
    clearTimeout(this.#retry);
    clearTimeout(this.#lostTimer);
    this.#lostTimer = null;
    this.#source?.close();
    this.#source = null;
    this.handlers.lost(false);
  }

  #connected() {
    this.#pause = FIRST_PAUSE;
    clearTimeout(this.#lostTimer);
    this.#lostTimer = null;
    this.handlers.lost(false);
  }

  // The browser reconnects by itself after a broken line, but not after an error answer.
  #disconnected() {
    this.#lostTimer ??= setTimeout(() => this.handlers.lost(true), SHOWN_AS_LOST_AFTER);
    if (this.#source?.readyState !== EventSource.CLOSED) return;
    this.#source = null;
    this.#retry = setTimeout(() => this.listen(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }
}
