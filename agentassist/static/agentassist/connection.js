import { durationText } from "./times.js";

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 10000;

// Keeps the stream open for as long as the page is. The browser itself comes back
// after a cut; after an answer other than 200 it gives up, and we do not.
export class Connection {
  constructor(url, onTranscript) {
    this.url = url;
    this.onTranscript = onTranscript;
    this.pause = FIRST_PAUSE_MS;
    this.lostAt = null;
    this.retry = null;
    this.view = document.getElementById("connection");
    this.word = document.getElementById("connection-word");
    this.since = document.getElementById("connection-since");
    window.addEventListener("offline", () => this.lose());
    window.addEventListener("online", () => this.open());
    setInterval(() => this.showSince(), 1000);
  }

  open() {
    clearTimeout(this.retry);
    this.source?.close();
    const source = new EventSource(this.url);
    this.source = source;
    source.addEventListener("open", () => this.show("live", "Live"));
    source.addEventListener("transcript", (event) => {
      this.pause = FIRST_PAUSE_MS;
      this.onTranscript(JSON.parse(event.data));
    });
    // The page itself says in plain words that the link no longer works.
    source.addEventListener("expired", () => this.leave());
    source.addEventListener("error", () => {
      this.lose();
      if (source.readyState === EventSource.CLOSED) this.comeBack();
    });
  }

  async comeBack() {
    clearTimeout(this.retry);
    const pause = this.pause;
    this.pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    try {
      const page = await fetch(window.location.href, { cache: "no-store" });
      if (page.status === 403) return this.leave();
    } catch {
      // Unreachable: what the stream said already.
    }
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open(), pause);
  }

  leave() {
    clearTimeout(this.retry);
    this.source.close();
    window.location.reload();
  }

  lose() {
    this.show("lost", "Connection lost");
  }

  show(state, word) {
    if (state !== "lost") this.lostAt = null;
    else this.lostAt ??= Date.now();
    this.view.dataset.state = state;
    // Set only when it changes, or a screen reader would say it again and again.
    if (this.word.textContent !== word) this.word.textContent = word;
    this.showSince();
  }

  showSince() {
    this.since.textContent =
      this.lostAt === null ? "" : `, since ${durationText(Date.now() - this.lostAt)}`;
  }
}
