import { showFacts } from "./elements.js";
import { durationText, momentText } from "./times.js";

const USER_LABELS = {
  name: "Name",
  email: "E-mail",
  phone: "Phone",
  company: "Company",
  caseId: "Case",
  language: "Language",
};

export class Panels {
  constructor() {
    this.person = document.getElementById("person-panel");
    this.pill = document.getElementById("status-pill");
    this.announcement = document.getElementById("handover-announcement");
    this.person.open = window.matchMedia("(min-width: 56rem)").matches;
    setInterval(() => this.tickWaiting(), 1000);
  }

  show(state) {
    const isChange = this.state !== undefined && this.state.status !== state.status;
    this.state = state;
    const name = state.user?.name || state.userId;
    document.getElementById("person-name").textContent = name;
    document.title = `${name}: ${state.statusText} - Agent Assist`;
    this.pill.textContent = state.statusText;
    this.pill.dataset.status = state.status;
    if (isChange) this.announcement.textContent = `Status: ${state.statusText}`;
    this.showHandover(state);
    this.showPerson(state);
  }

  showHandover(state) {
    showFacts(document.getElementById("handover-facts"), [
      ["Waiting since", this.waitingText(), { class: "wide", id: "waiting" }],
      ["Queue", state.queueName],
      ["Agent", state.agentName],
      ["Reason", [state.reason.text, state.reason.code].filter(Boolean).join("\n")],
      ["Requested", momentText(state.createdAt)],
      ["Agent joined", momentText(state.activeAt)],
      ["Ended", momentText(state.endedAt)],
      ["How it ended", state.endReasonText],
      ["Error", state.errorText],
    ]);
  }

  showPerson(state) {
    const { additionalProperties, ...user } = state.user ?? {};
    const known = Object.entries(USER_LABELS).map(([key, label]) => [label, user[key]]);
    showFacts(document.getElementById("person-facts"), [
      ...known,
      ["User id", state.userId],
      ["Session id", state.sessionId],
      ["8x8 conversation", state.conversationId],
    ]);
    const extra = { ...state.properties, ...additionalProperties };
    const any = showFacts(
      document.getElementById("extra-facts"),
      Object.entries(extra),
    );
    document.getElementById("extra-panel").hidden = !any;
  }

  waitingText() {
    const since = this.state.waitingSince;
    if (!since) return "";
    return `${momentText(since)} (${durationText(Date.now() - new Date(since))})`;
  }

  tickWaiting() {
    const view = document.getElementById("waiting");
    if (view && this.state) view.textContent = this.waitingText();
  }
}
