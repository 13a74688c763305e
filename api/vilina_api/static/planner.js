// A week is planned in three clicks: unit by unit, then the roster, then the export. And sliders that say what if.
import { replaceBlocks } from "./blocks.js";

const page = document.getElementById("planner");
const said = document.getElementById("said").dataset;
const progress = document.getElementById("progress");
const bar = document.getElementById("bar");
const doing = document.getElementById("doing");
const wrong = document.getElementById("wrong");
const told = document.getElementById("told");

const SETTLE_MS = 120;
const LOOK_MS = 500;
const AT_ONCE = 2;

let working = false;
let changing = null;
let due = null;

page.addEventListener("click", (event) => {
  if (event.target.id === "plan") work(planWeek);
  if (event.target.id === "make-roster") work(makeRoster);
  if (event.target.id === "play") work(playWeek);
  if (event.target.classList.contains("share")) work(() => share(event.target.dataset.units.split(" ")));
});

page.addEventListener("input", (event) => {
  if (event.target.form?.id !== "what-if") return;
  say(event.target);
  change(event.target.form);
});

page.addEventListener("submit", (event) => {
  if (event.target.id === "move") {
    event.preventDefault();
    work(() => whoMoves(event.target));
  }
  if (event.target.id === "absent") {
    event.preventDefault();
    work(() => repair(event.target));
  }
  if (event.target.id !== "people-form") return;
  event.preventDefault();
  work(() => usePeople(event.target.elements.file.files[0]));
});

page.addEventListener("reset", (event) => {
  // The sliders have their values of before only when this event is over.
  setTimeout(() => {
    for (const slider of event.target.elements) if (slider.type === "range") say(slider);
    change(event.target);
  });
});

async function planWeek() {
  const steps = document.querySelector(".steps").dataset;
  const units = steps.units.split(" ");
  const names = unitNames();
  const left = [...units];
  let done = 0;
  const someUnits = async () => {
    for (let unit = left.shift(); unit !== undefined; unit = left.shift()) {
      show(fill(said.planning, { unit: names[unit], done, all: units.length }), done / units.length);
      await send(`/planner/plan?week=${page.dataset.week}&unit=${encodeURIComponent(unit)}`);
      done += 1;
      show(doing.textContent, done / units.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, someUnits));
  await refresh();
  tell(fill(said.planned, { week: Number(page.dataset.week.slice(-2)) }));
  goOn("make-roster");
}

async function makeRoster() {
  await send(`/planner/roster?week=${page.dataset.week}`);
  const began = performance.now();
  for (;;) {
    const job = await (await ask(`/planner/roster?week=${page.dataset.week}`)).json();
    if (job.state === "done") break;
    if (job.state !== "running") throw new Error(job.problem);
    show(howFar(job), Math.min(1, (performance.now() - began) / 1000 / job.of_seconds));
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  await refresh();
  tell(said.rostered);
  goOn("export");
}

function howFar(job) {
  if (job.gap === undefined || job.gap === null) return said.looking;
  return fill(said.rostering, { gap: (100 * job.gap).toFixed(1), uncovered: job.uncovered });
}

async function usePeople(file) {
  show(said.reading, null);
  await ask(`/planner/people?name=${encodeURIComponent(file.name)}`, {
    method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file,
  });
  await refresh();
  goOn("make-roster");
}

async function repair(form) {
  show(said.repairing, null);
  const query = new URLSearchParams([["week", page.dataset.week], ...new FormData(form)]);
  if (!query.get("day")) query.delete("day");
  const { changes } = await (await send(`/planner/absent?${query}`)).json();
  await refresh();
  const lines = changes.map((change) => Object.assign(document.createElement("li"), { textContent: change }));
  document.getElementById("stepped-in").replaceChildren(...lines);
}

async function playWeek() {
  show(said.playing, null);
  document.getElementById("played").innerHTML = await (await ask(`/planner/play?${page.dataset.query}`)).text();
  tell(document.getElementById("played-said").textContent);
}

async function share(units) {
  show(said.sharing, null);
  const query = new URLSearchParams([["week", page.dataset.week], ...units.map((unit) => ["unit", unit])]);
  const shared = document.getElementById("shared");
  shared.textContent = named((await (await ask(`/planner/together?${query}`)).json()).why);
}

async function whoMoves(form) {
  show(said.moving, null);
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll("input")) {
    if (field.value !== "") query.append(field.name, `${field.dataset.unit}:${field.value}`);
  }
  const found = await (await ask(`${form.dataset.address}?${query}`)).json();
  document.getElementById("moved").textContent = named(found.why);
}

// One thing at a time; whatever goes wrong is said where the eye is.
async function work(task) {
  if (working) return;
  working = true;
  wrong.textContent = "";
  try {
    await task();
  } catch (error) {
    wrong.textContent = error instanceof TypeError ? said.lost : error.message;
  } finally {
    working = false;
    progress.hidden = true;
  }
}

function change(form) {
  clearTimeout(due);
  due = setTimeout(async () => {
    changing?.abort();
    const mine = (changing = new AbortController());
    const difference = document.getElementById("difference");
    difference.classList.add("working");
    const query = new URLSearchParams(new FormData(form));
    query.set("week", page.dataset.week);
    query.set("unit", form.dataset.for);
    query.set("wide", matchMedia("(min-width: 640px)").matches);
    try {
      const answer = await ask(`/planner/what-if?${query}`, { signal: mine.signal });
      const open = document.getElementById("what-if-table")?.open;
      difference.innerHTML = await answer.text();
      document.getElementById("what-if-table").open = open;
      wrong.textContent = "";
    } catch (error) {
      if (error.name === "AbortError") return;
      wrong.textContent = error instanceof TypeError ? said.lost : error.message;
    }
    difference.classList.remove("working");
  }, SETTLE_MS);
}

async function refresh() {
  replaceBlocks(await (await ask(`/planner/blocks?${page.dataset.query}`)).text());
}

async function ask(address, options) {
  const answer = await fetch(address, options);
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return answer;
}

function send(address) {
  return ask(address, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
}

function show(text, share) {
  progress.hidden = false;
  doing.textContent = text;
  if (share === null || share === undefined) bar.removeAttribute("value");
  else bar.value = share;
}

function unitNames() {
  return JSON.parse(document.querySelector("[data-names]").dataset.names);
}

// A sentence of the API, with the names of units in the place of their ids.
function named(text) {
  const names = unitNames();
  return text.replace(/[\w-]+/g, (word) => (Object.hasOwn(names, word) ? names[word] : word));
}

function tell(text) {
  told.textContent = text;
}

function goOn(id) {
  const next = document.getElementById(id);
  if (next && !next.disabled) next.focus();
}

function say(slider) {
  const { value, dataset } = slider;
  slider.nextElementSibling.textContent = dataset.unit === "clock" ? `${value.padStart(2, "0")}:00` : `${value} ${dataset.unit}`;
}

function fill(text, words) {
  return text.replace(/\{(\w+)\}/g, (_, name) => words[name]);
}

if (document.querySelector("[data-pending]")) {
  work(async () => {
    show(said.forecast, null);
    await refresh();
  });
}
