// Counting by hand. Every tap goes into a queue that the phone keeps, and leaves it when the counter has answered;
// it carries its id and its age, so it counts once and at its own instant, whatever the network does.
"use strict";

const POLL_MS = 1000;
const GIVE_UP_MS = 10000;
const MOST_AT_ONCE = 200;
const PATIENCE_S = 65;
const main = document.querySelector("main");
const KEEP = `hand count ${main.dataset.session}`;
const at = (id) => document.getElementById(id);
const newId = () => [...crypto.getRandomValues(new Uint8Array(8))].map((b) => b.toString(16).padStart(2, "0")).join("");
const phone = newId();
let queue = JSON.parse(sessionStorage.getItem(KEEP) || "[]");
let state = { stage: main.dataset.stage, line: main.dataset.line, entered: 0, left: 0, last: null, counted_s: 0, warnings: [] };
let heard = performance.now();
let busy = false;
let online = true;
let shown = main.dataset.stage === "result";

function push(op) {
  queue.push({ ...op, id: newId(), at: Date.now() });
  sessionStorage.setItem(KEEP, JSON.stringify(queue));
  show();
  tell();
}

// What the counter knows, and what it will know when the queue is through.
function expected() {
  let { stage, line, entered, left, last } = state;
  const counts = { entered, left };
  let taps = last ? [last] : [];
  for (const op of queue) {
    if (op.do === "begin") { stage = "counting"; line = state.line || op.line; }
    if (op.do === "finish") stage = "waiting";
    if (op.do === "tap") { counts[op.direction] += 1; taps.push(op); }
    if (op.do === "undo") { counts[op.direction] -= 1; taps = taps.filter((tap) => tap.id !== op.tap); }
  }
  return { stage, line, counts, last: taps.at(-1) };
}

function wire(op, now) {
  const { at: when, direction, ...rest } = op;
  const age_ms = Math.max(0, now - when);
  return op.do === "tap" ? { ...rest, direction, age_ms } : { ...rest, age_ms };
}

async function tell() {
  if (busy) return;
  busy = true;
  const ops = queue.slice(0, MOST_AT_ONCE);
  try {
    const now = Date.now();
    const answer = await fetch("/news", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ phone, sent_ms: now, ops: ops.map((op) => wire(op, now)) }),
      signal: AbortSignal.timeout(GIVE_UP_MS),
    });
    if (answer.status === 401) return location.reload();
    if (!answer.ok) throw new Error(await answer.text());
    state = await answer.json();
    heard = performance.now();
    queue = queue.slice(ops.length);
    sessionStorage.setItem(KEEP, JSON.stringify(queue));
    online = true;
  } catch {
    online = false;
  } finally {
    busy = false;
  }
  show();
  if (queue.length && online) tell();
}

const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function show() {
  const now = expected();
  main.dataset.stage = now.stage;
  at("line").textContent = now.line;
  for (const taps of document.querySelectorAll(".taps")) taps.hidden = taps.dataset.line !== now.line;
  for (const count of document.querySelectorAll("[data-count]")) {
    count.textContent = now.counts[count.dataset.count];
    count.classList.toggle("long", count.textContent.length > 3);
  }
  at("undo").disabled = !now.last;
  at("unsent").hidden = online;
  at("unsent").textContent = `No connection to the counter. Go on: ${queue.length || "nothing"} to send when it is back.`;
  at("warnings").replaceChildren(...state.warnings.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  if (now.stage === "waiting") showWaiting();
  if (now.stage !== "result") shown = false;
  else if (!shown) showResult();
  if (now.stage === "sent") showSent();
}

function showElapsed() {
  const since = state.stage === "counting" ? (performance.now() - heard) / 1000 : 0;
  at("elapsed").textContent = minutes(state.counted_s + since);
}

function showWaiting() {
  const left = state.patience_s || PATIENCE_S;
  at("progress").value = 1 - left / PATIENCE_S;
  at("patience").textContent = `at most ${Math.ceil(left)} s more`;
  at("until").textContent = state.reported_until ? `Its last report goes to ${state.reported_until}.` : "It has not reported yet.";
}

async function showResult() {
  shown = true;
  try {
    const answer = await fetch("/");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    at("result").replaceChildren(...page.getElementById("result").childNodes);
    scrollTo(0, 0);
  } catch {
    shown = false;
  }
}

function showSent() {
  if (!state.stored || main.dataset.over) return;
  main.dataset.over = "yes";
  at("sent-word").textContent = "● Stored";
  at("sent-say").textContent = "The site keeps the result. You can close this page.";
  close();
}

// The counter's end of the page goes away, so there is nothing more to ask it.
function close() {
  clearInterval(polling);
  at("close").hidden = true;
  at("closed").hidden = false;
  fetch("/end", { method: "POST", body: "" }).catch(() => {});
}

function tap(button) {
  navigator.vibrate?.(button.dataset.direction === "entered" ? 30 : [30, 50, 30]);
  button.classList.add("tapped");
  setTimeout(() => button.classList.remove("tapped"), 120);
  push({ do: "tap", direction: button.dataset.direction });
}

for (const button of document.querySelectorAll(".tap")) {
  // The finger's first touch is the instant; a click without a finger is the keyboard's.
  button.addEventListener("pointerdown", (event) => { if (event.button === 0) tap(button); });
  button.addEventListener("click", (event) => { if (event.detail === 0) tap(button); });
  button.addEventListener("contextmenu", (event) => event.preventDefault());
}
for (const choice of document.querySelectorAll("[name=line]")) {
  choice.addEventListener("change", () => { at("begin").disabled = false; main.dataset.line = choice.value; });
}
at("begin").addEventListener("click", () => push({ do: "begin", line: main.dataset.line }));
at("undo").addEventListener("click", () => {
  const { last } = expected();
  if (!last) return;
  navigator.vibrate?.(100);
  push({ do: "undo", tap: last.id, direction: last.direction });
});
at("finish").addEventListener("click", () => push({ do: "finish" }));
at("result").addEventListener("click", (event) => {
  if (event.target.id === "again") push({ do: "begin", line: state.line });
  if (event.target.id === "send") push({ do: "send" });
});
const polling = setInterval(tell, POLL_MS);
at("close").addEventListener("click", close);
setInterval(showElapsed, 250);
navigator.wakeLock?.request("screen").catch(() => {});
show();
tell();
