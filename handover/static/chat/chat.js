// The web chat: what the user says goes out in order, what comes in is shown once.

import { Connection } from "./connection.js";
import { Identity } from "./identity.js";
import { Log } from "./log.js";

const HISTORY_PAUSE = 3000;
const NUMBERING_PAUSE = 300;

const byId = (id) => document.getElementById(id);
const chat = byId("chat");
const input = byId("message");
const { endpointUrl, cancelPayload, cancelTitle } = chat.dataset;

const identity = new Identity(endpointUrl);
const log = new Log(byId("log"), byId("hint"), (title, payload) => {
  say(title, { payload });
  input.focus();
});
const connection = new Connection(endpointUrl, identity, {
  output: (item) => log.addOutput(item.data, item.createdAt),
  status: (data) => showStatus(data.handover),
  delivery: onDelivery,
  lost: (isLost) => (byId("connection").hidden = !isLost),
});

// Resolves when everything before it is settled: the history first, then each turn.
let turns = null;
let numbering = null;
let conversation = 0;

function say(text, data) {
  const own = log.addOwn(text);
  queueTurn(own, text, data);
}

// One turn after the other: the next is not sent before the last was taken.
function queueTurn(own, text, data) {
  const mine = conversation;
  log.mark(own, "sending");
  hideEndedBanner();
  turns = turns.then(() => takeTurn(mine, own, text, data));
}

async function takeTurn(mine, own, text, data) {
  if (mine !== conversation) return;
  identity.started = true;
  identity.keep();
  connection.listen();
  try {
    const answer = await connection.say(text, data);
    if (mine !== conversation) return;
    if (own.state === "sending") log.mark(own, "sent");
    for (const output of answer.outputStack) log.addOutput(output);
  } catch {
    if (mine !== conversation) return;
    log.mark(own, "unsent", () => {
      queueTurn(own, text, data);
      input.focus();
    });
  }
}

function onDelivery(data) {
  const unknown = data.messages.filter(({ seq, delivery }) => !log.markDelivered(seq, delivery));
  if (!unknown.length) return;
  clearTimeout(numbering);
  numbering = setTimeout(numberOwn, NUMBERING_PAUSE);
}

async function numberOwn() {
  const mine = conversation;
  try {
    const { messages } = await connection.history();
    if (mine === conversation) log.number(messages);
  } catch {
    // Ticks are a comfort: the next delivery event asks again.
  }
}

function showStatus(handover) {
  const status = handover?.status;
  const isWaiting = status === "requested" || status === "queue";
  const wasRunning = chat.dataset.handover === "running";
  const isRunning = isWaiting || status === "active";
  chat.dataset.handover = isRunning ? "running" : "none";
  byId("cancel").hidden = !isWaiting || !cancelPayload;
  if (status === "active") log.dropQuickReplies();
  if (isRunning) showBanner(isWaiting ? waitingText(handover) : activeText(handover));
  else if (wasRunning) showBanner(endedText(status));
  if (wasRunning && !isRunning && document.activeElement === document.body) input.focus();
}

function waitingText(handover) {
  const queue = handover.queue?.name;
  return queue ? `Waiting for a person in ${queue}…` : "Waiting for a person…";
}

function activeText(handover) {
  const agent = handover.agent?.name;
  return agent ? `You are talking to ${agent}.` : "You are talking to a person.";
}

function endedText(status) {
  if (status === "cancelled") return "Waiting cancelled. You are back with the bot.";
  if (status === "error") return "Nobody could be reached. You are back with the bot.";
  return "The person has left. You are back with the bot.";
}

function showBanner(text) {
  byId("banner").hidden = false;
  // A repeated text would be read out again.
  if (byId("banner-text").textContent !== text) byId("banner-text").textContent = text;
}

function hideEndedBanner() {
  if (chat.dataset.handover === "running") return;
  byId("banner").hidden = true;
  byId("banner-text").textContent = "";
}

async function load() {
  if (!identity.started) return;
  const mine = conversation;
  let history = null;
  while (history === null) {
    history = await connection.history().catch(() => null);
    if (mine !== conversation) return;
    byId("connection").hidden = history !== null;
    if (history === null) await new Promise((resume) => setTimeout(resume, HISTORY_PAUSE));
  }
  log.addHistory(history.messages);
  connection.lastSeq = history.lastSeq;
  showStatus(history.handover);
  connection.listen();
}

function submit() {
  const text = input.value;
  if (!text.trim()) return;
  input.value = "";
  keepDraft();
  fit();
  say(text);
}

function keepDraft() {
  identity.draft = input.value;
  identity.keep();
}

function fit() {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight + 2}px`;
}

function beginAnew() {
  conversation += 1;
  connection.close();
  connection.lastSeq = 0;
  identity.beginAnew();
  turns = Promise.resolve();
  log.clear();
  chat.dataset.handover = "none";
  showStatus(null);
  hideEndedBanner();
  input.focus();
}

byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
  input.focus();
});
input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});
input.addEventListener("input", () => {
  keepDraft();
  fit();
});
byId("cancel").addEventListener("click", () => {
  say(cancelTitle, { payload: cancelPayload });
  input.focus();
});
byId("new-conversation").addEventListener("click", beginAnew);

input.value = identity.draft;
fit();
input.focus();
turns = load();
