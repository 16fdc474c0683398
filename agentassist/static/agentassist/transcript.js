import { element } from "./elements.js";
import { messageElement } from "./messages.js";

const NEAR_END_PX = 80;

export class Transcript {
  constructor() {
    this.list = document.getElementById("transcript");
    this.scroller = document.getElementById("scroller");
    this.jump = document.getElementById("jump");
    this.views = new Map();
    this.jump.addEventListener("click", () => this.toEnd());
    for (const target of [this.scroller, window]) {
      target.addEventListener("scroll", () => this.hideJump(), { passive: true });
    }
  }

  show(messages, reset) {
    const atEnd = this.views.size === 0 || this.isAtEnd();
    const isFirst = this.views.size === 0;
    if (reset) this.forgetOthers(new Set(messages.map((message) => message.id)));
    const added = messages.filter((message) => this.put(message, !isFirst)).length;
    this.placeDividers(messages);
    // Only what comes from now on is read aloud.
    if (isFirst) requestAnimationFrame(() => this.list.setAttribute("aria-live", "polite"));
    if (added === 0) return;
    if (atEnd) this.toEnd();
    else this.jump.hidden = false;
  }

  // True when the message was not there before.
  put(message, isNew) {
    const view = messageElement(message);
    view.dataset.earlier = message.isEarlier;
    const old = this.views.get(message.id);
    this.views.set(message.id, view);
    if (old) {
      // A reader's open details stay open.
      old.querySelectorAll("details").forEach((details, index) => {
        const same = view.querySelectorAll("details")[index];
        if (same) same.open = details.open;
      });
      old.replaceWith(view);
      return false;
    }
    if (isNew) view.classList.add("is-new");
    this.list.insertBefore(view, this.firstAfter(message.seq));
    return true;
  }

  firstAfter(seq) {
    let next = null;
    for (let view = this.list.lastElementChild; view; view = view.previousElementSibling) {
      if (view.dataset.seq === undefined) continue;
      if (Number(view.dataset.seq) < seq) break;
      next = view;
    }
    return next;
  }

  forgetOthers(kept) {
    for (const [id, view] of this.views) {
      if (kept.has(id)) continue;
      view.remove();
      this.views.delete(id);
    }
  }

  placeDividers() {
    this.divider("Before the handover", this.list.querySelector('[data-earlier="true"]'));
    this.divider("Handover to an agent", this.list.querySelector('[data-earlier="false"]'));
  }

  divider(text, before) {
    const there = [...this.list.querySelectorAll(".divider")].find(
      (view) => view.textContent === text,
    );
    if (there && there.nextElementSibling === before && before) return;
    there?.remove();
    if (before) before.before(element("li", { class: "divider" }, text));
  }

  // Wide: the list scrolls in itself. Narrow: the whole page does.
  scrolled() {
    const inner = this.scroller.scrollHeight > this.scroller.clientHeight + 1;
    return inner ? this.scroller : document.scrollingElement;
  }

  isAtEnd() {
    const box = this.scrolled();
    return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX;
  }

  toEnd() {
    const box = this.scrolled();
    box.scrollTop = box.scrollHeight;
    this.jump.hidden = true;
  }

  hideJump() {
    if (!this.jump.hidden && this.isAtEnd()) this.jump.hidden = true;
  }
}
