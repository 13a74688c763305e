// Keeps the board true: listens to the stream, and puts fresh blocks in the place of old ones.
import { replaceBlocks } from "./blocks.js";
import { clock } from "./clock.js";

const RENDER_AT_MOST_EVERY_MS = 1000;
const RECONNECT_MS = 3000;
const STALE_AFTER_S = 180;

const age = document.getElementById("age");
const pause = document.getElementById("pause");
const bar = document.querySelector(".bar");

let paused = false;
let connected = false;
let lastReport = null;
let serverAheadMs = 0;
let due = null;
let renderedAt = 0;

function listen() {
  const source = new EventSource(document.body.dataset.stream);
  source.addEventListener("live", (event) => {
    const live = JSON.parse(event.data);
    connected = true;
    serverAheadMs = Date.parse(live.as_of) - Date.now();
    lastReport = live.last_report ? Date.parse(live.last_report) : null;
    tell();
    renderSoon();
  });
  source.addEventListener("error", () => {
    connected = false;
    tell();
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, RECONNECT_MS);
  });
}

function renderSoon() {
  if (paused || due !== null) return;
  const wait = Math.max(0, renderedAt + RENDER_AT_MOST_EVERY_MS - Date.now());
  due = setTimeout(render, wait);
}

async function render() {
  due = null;
  renderedAt = Date.now();
  try {
    const answer = await fetch(document.body.dataset.blocks);
    if (!answer.ok || paused) return;
    replaceBlocks(await answer.text());
  } catch {
    connected = false;
    tell();
  }
}

function tell() {
  const seconds = lastReport === null ? null : Math.max(0, Math.round((Date.now() + serverAheadMs - lastReport) / 1000));
  const stale = !connected || seconds === null || seconds > STALE_AFTER_S;
  bar.classList.toggle("stale", stale);
  let text;
  if (paused) text = "paused";
  else if (!connected) text = lastReport === null ? "no connection" : `no connection, last data ${clock(lastReport)}`;
  else if (seconds === null) text = "no data yet";
  else text = stale ? `no data since ${clock(lastReport)}` : `live, ${seconds} s`;
  if (age.textContent !== text) age.textContent = text;
}

pause.hidden = false;
pause.addEventListener("click", () => {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  pause.textContent = paused ? "Go on" : "Pause";
  tell();
  renderSoon();
});

setInterval(tell, 1000);
listen();
