// The agent desktop: one state, drawn again whenever the sandbox says that it changed.

import { act, get, post, remove } from "./api.js";
import { SAMPLES } from "./cards.js";
import { showChat, showTyping } from "./chat.js";
import { byId, element } from "./elements.js";
import { buildFaultButtons, showArmed, showCallbacks, showDetails } from "./panels.js";
import { showQueue } from "./queue.js";

const SHOWN_CONVERSATIONS = 200;
const SHOWN_CALLBACKS = 60;
const TYPING_PAUSE_MS = 2500;
const AGES_REDRAWN_MS = 15000;
const TROUBLE_SHOWN_MS = 6000;

let openId = "";
let conversation = null;
let panel = "details";
let loading = false;
let again = false;
let typingTimer = 0;
let troubleTimer = 0;

const agent = () => byId("agent").value.trim() || "agent";

async function refresh() {
  if (loading) {
    again = true;
    return;
  }
  loading = true;
  try {
    do {
      again = false;
      await load();
    } while (again);
  } catch (error) {
    showTrouble(error);
  } finally {
    loading = false;
  }
}

async function load() {
  const { conversations } = await get(`/sandbox/conversations?limit=${SHOWN_CONVERSATIONS}`);
  const wanted = openId;
  const known = conversations.some((item) => item.id === wanted);
  conversation = known ? await get(`/sandbox/conversations/${wanted}`) : null;
  showQueue(conversations, openId, open);
  showChat(conversation, agent());
  showDetails(conversation);
  showArmed((await get("/sandbox/faults")).faults);
  if (panel === "callbacks") await loadCallbacks();
}

async function loadCallbacks() {
  const only = byId("callbacks-here").checked && openId ? `&conversationId=${openId}` : "";
  showCallbacks((await get(`/sandbox/callbacks?limit=${SHOWN_CALLBACKS}${only}`)).callbacks);
}

function open(id) {
  openId = id;
  refresh();
}

// Does one thing for the open conversation; an error becomes a note at the bottom.
async function perform(name, body = {}) {
  try {
    await act(agent(), name, body instanceof FormData ? body : { conversationId: openId, ...body });
    return true;
  } catch (error) {
    showTrouble(error);
    return false;
  } finally {
    refresh();
  }
}

function showTrouble(error) {
  byId("trouble").textContent = error.message;
  byId("trouble").hidden = false;
  clearTimeout(troubleTimer);
  troubleTimer = setTimeout(() => { byId("trouble").hidden = true; }, TROUBLE_SHOWN_MS);
}

async function send() {
  const text = byId("text").value.trim();
  if (!text) return;
  stopTyping();
  if (await perform("message", { text })) byId("text").value = "";
}

function noteTyping() {
  if (!typingTimer) perform("typing", { typing: true });
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => { stopTyping(); perform("typing", { typing: false }); }, TYPING_PAUSE_MS);
}

function stopTyping() {
  clearTimeout(typingTimer);
  typingTimer = 0;
}

function ask(dialogId) {
  const dialog = byId(dialogId);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

async function transfer() {
  const choices = conversation.queues.map(({ id, name }) => {
    const option = element("option", "", name);
    option.value = id;
    option.selected = id !== conversation.queue?.id;
    return option;
  });
  byId("transfer-queue").replaceChildren(...choices);
  if (await ask("transfer-dialog")) perform("transfer", { queueId: byId("transfer-queue").value });
}

async function sendCard() {
  if (!(await ask("card-dialog"))) return;
  try {
    const content = JSON.parse(byId("card-json").value);
    perform("card", { contentType: byId("card-type").value, content });
  } catch {
    showTrouble(new Error("The card is not valid JSON."));
  }
}

function sendFile() {
  const [file] = byId("file-input").files;
  if (!file) return;
  const form = new FormData();
  form.append("conversationId", openId);
  form.append("file", file);
  perform("file", form);
  byId("file-input").value = "";
}

async function arm(fault) {
  const body = { fault, count: Number(byId("fault-count").value) };
  if (byId("fault-here").checked && openId) body.conversationId = openId;
  try {
    await post("/sandbox/faults", body);
  } catch (error) {
    showTrouble(error);
  }
}

// On a narrow screen the panel lies over the chat: its own tab closes it again.
function choosePanel(name) {
  const shown = byId("panel").classList;
  shown.toggle("shown", name !== panel || !shown.contains("shown"));
  panel = name;
  for (const tab of document.querySelectorAll(".panel-tabs button")) tab.classList.toggle("on", tab.dataset.panel === name);
  for (const part of document.querySelectorAll(".panel > section")) part.hidden = part.dataset.panel !== name;
  refresh();
}

function fillCard() {
  byId("card-json").value = JSON.stringify(SAMPLES[byId("card-type").value], null, 2);
}

function listen() {
  const source = new EventSource("/sandbox/stream");
  const live = byId("live");
  source.addEventListener("change", refresh);
  source.addEventListener("open", () => { live.textContent = "live"; live.classList.remove("off"); refresh(); });
  source.addEventListener("error", () => { live.textContent = "no connection"; live.classList.add("off"); });
}

function start() {
  byId("agent").value = localStorage.getItem("agent") || "ada";
  byId("agent").addEventListener("change", () => { localStorage.setItem("agent", agent()); refresh(); });
  byId("accept").addEventListener("click", async () => { if (await perform("accept")) byId("text").focus(); });
  byId("transfer").addEventListener("click", transfer);
  byId("leave").addEventListener("click", () => perform("leave"));
  byId("end").addEventListener("click", async () => { if (await ask("end-dialog")) perform("end"); });
  byId("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
  byId("text").addEventListener("input", noteTyping);
  byId("text").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  byId("file").addEventListener("click", () => byId("file-input").click());
  byId("file-input").addEventListener("change", sendFile);
  byId("card").addEventListener("click", sendCard);
  byId("card-type").append(...Object.keys(SAMPLES).map((name) => element("option", "", name)));
  byId("card-type").addEventListener("change", fillCard);
  byId("callbacks-here").addEventListener("change", refresh);
  byId("clear-faults").addEventListener("click", () => remove("/sandbox/faults").catch(showTrouble));
  for (const tab of document.querySelectorAll(".panel-tabs button")) tab.addEventListener("click", () => choosePanel(tab.dataset.panel));
  buildFaultButtons(arm);
  fillCard();
  setInterval(() => showTyping(conversation), 1000);
  setInterval(refresh, AGES_REDRAWN_MS);
  listen();
}

start();
