// The calibration page: what is drawn, the list of it, and the talk with the counter.
import { Picture } from "./picture.js";
import { card } from "./cards.js";

const POLL_MS = 500;
const STILL_MS = 2000;
const MAX_UNDO = 50;
const MIN_CORNERS = 3;
const get = (id) => document.getElementById(id);

let parts = [];
let reference = "foot";
let selected = null;
let corner = null;
let fresh = null;
let faults = [];
let tallies = new Map();
let past = [];
let before = null;
let sending = Promise.resolve();
let stillShown = 0;
let stillAt = -Infinity;

const picture = new Picture(get("picture"), {
  place(point) {
    if (fresh) addPoint(point);
    else if (selected !== null && corner !== null) edit(() => { parts[selected].points[corner] = point; });
    else choose(null);
  },
  pick: (index) => choose(index === selected ? null : index),
  touch(index, at) { corner = corner === at ? null : at; show(); },
  move(index, at, point) { remember(); parts[index].points[at] = point; corner = at; show(); },
  insert(index, at, point) { remember(); parts[index].points.splice(at, 0, point); corner = at; show(); },
  drop() { before = null; changed(); },
});

// Everything that may be undone passes through here.
function edit(change) { remember(); change(); before = null; changed(); }
function remember() {
  if (before !== null) return;
  before = JSON.stringify({ parts, reference });
  past = [...past, before].slice(-MAX_UNDO);
}
function undo() {
  ({ parts, reference } = JSON.parse(past.pop()));
  selected = corner = null;
  changed();
}

function changed() {
  say("Not saved yet.", "watch");
  show();
  sending = sending.then(async () => {
    const answer = await post("/drawing", drawing());
    if (answer) { faults = answer.faults; show(); }
  });
}

function drawing() {
  const of = (kind) => parts.filter((part) => part.kind === kind);
  return {
    lines: of("line").map(({ name, points }) => ({ name, points: points.flat() })),
    areas: of("area").map(({ name, points, queue }) => ({ name, corners: points, queue })),
    reference,
  };
}

function take({ size, drawing: { lines, areas, reference: what }, faults: wrong }) {
  picture.resize(size);
  parts = [
    ...(lines ?? []).map(({ name, points: [a, b, c, d] }) => ({ kind: "line", name, points: [[a, b], [c, d]] })),
    ...(areas ?? []).map(({ name, corners, queue }) => ({ kind: "area", name, points: corners, queue: Boolean(queue) })),
  ];
  reference = what ?? "foot";
  faults = wrong;
}

function faultOf(part) {
  const index = parts.filter(({ kind }) => kind === part.kind).indexOf(part);
  return faults.find((fault) => fault[part.kind] === index)?.text;
}

function choose(index) { selected = index; corner = null; show(); }

function begin(kind) { fresh = { kind, points: [] }; choose(null); scrollTo({ top: 0 }); }

function addPoint(point) {
  fresh.points.push(point);
  if (fresh.kind === "line" && fresh.points.length === 2) finish();
  else show();
}

function finish() {
  const { kind, points } = fresh;
  fresh = null;
  const made = { kind, name: freeName(kind), points, ...(kind === "area" && { queue: false }) };
  edit(() => { parts.push(made); parts.sort((a, b) => (a.kind < b.kind) - (a.kind > b.kind)); });
  choose(parts.indexOf(made));
}

function freeName(kind) {
  let number = 1;
  while (parts.some(({ name }) => name === `${kind}-${number}`)) number += 1;
  return `${kind}-${number}`;
}

const actions = {
  choose: (index) => choose(index === selected ? null : index),
  rename: (index, name) => edit(() => { parts[index].name = name.trim(); }),
  set: (index, at, axis, value) => edit(() => { parts[index].points[at][axis] = value; }),
  swap: (index) => edit(() => { parts[index].points.reverse(); }),
  queue: (index, on) => edit(() => { parts[index].queue = on; }),
  remove: (index) => { selected = corner = null; edit(() => { parts.splice(index, 1); }); },
  removeCorner: (index, at) => { corner = null; edit(() => { parts[index].points.splice(at, 1); }); },
  addCorner: (index) => edit(() => {
    const points = parts[index].points;
    const [first, last] = [points[0], points.at(-1)];
    points.push([0, 1].map((axis) => Math.round((first[axis] + last[axis]) / 2)));
    corner = points.length - 1;
  }),
};

function show() {
  const label = (part, index) => {
    const tally = tallies.get(part.name);
    const forward = part.kind === "line" ? `in ${tally?.entered ?? "–"}` : `${part.name}: ${tally?.people ?? "–"}`;
    return { wrong: Boolean(faultOf(part)), forward, back: `out ${tally?.left ?? "–"}` };
  };
  picture.show({ parts, selected, corner, fresh, label });
  const cards = get("cards");
  while (cards.children.length > parts.length) cards.lastChild.remove();
  parts.forEach((part, index) => {
    const with_ = { part, index, open: index === selected, fault: faultOf(part), tally: tallies.get(part.name), size: picture.size };
    const old = cards.children[index];
    const now = card(old, with_, actions);
    if (!old) cards.append(now);
    else if (old !== now) old.replaceWith(now);
  });
  for (const radio of document.getElementsByName("reference")) radio.checked = radio.value === reference;
  tools();
}

function tools() {
  get("hint").textContent = hint();
  for (const id of ["add-line", "add-area", "undo"]) get(id).hidden = fresh !== null;
  get("undo").disabled = past.length === 0;
  get("cancel").hidden = fresh === null;
  get("done").hidden = fresh?.kind !== "area";
  get("done").disabled = (fresh?.points.length ?? 0) < MIN_CORNERS;
}

function hint() {
  if (fresh?.kind === "line") return fresh.points.length ? "Tap the other side of the way." : "Tap one side of the way.";
  if (fresh) return fresh.points.length < MIN_CORNERS ? `Tap the corners in order (${fresh.points.length}).` : `${fresh.points.length} corners. Tap more, or Done.`;
  if (corner !== null) return `Tap the new place of point ${corner + 1}.`;
  if (selected !== null) return "Drag a point, or tap it to move it.";
  return parts.length ? "Tap a line or an area to change it." : "Draw a line across the way.";
}

function say(text, kind = "") {
  get("said").textContent = text;
  get("said").className = kind;
}

async function post(path, body) {
  try {
    const answer = await fetch(path, { method: "POST", body: JSON.stringify(body) });
    return await answer.json();
  } catch {
    say("The counter does not answer. If the time is over, start the command again.", "act");
    return null;
  }
}

async function save() {
  get("save").disabled = true;
  say("Saving: this takes up to twenty seconds.");
  await sending;
  const answer = await post("/save", drawing());
  get("save").disabled = false;
  if (!answer) return;
  faults = answer.faults ?? [];
  const rest = faults.filter(({ line, area }) => line == null && area == null).map(({ text }) => text);
  say([answer.text, ...(answer.notes ?? []), ...rest].join(" "), answer.faults ? "act" : answer.good ? "good" : "watch");
  show();
}

async function poll() {
  try {
    const answer = await fetch("/state");
    if (answer.ok) await heed(await answer.json());
  } catch {
    say("The counter does not answer. If the time is over, start the command again.", "act");
  }
  setTimeout(poll, POLL_MS);
}

async function heed(state) {
  tallies = new Map([...state.lines.map((one) => [one.line, one]), ...state.areas.map((one) => [one.area, one])]);
  get("trouble").hidden = state.trouble === null;
  get("trouble").textContent = state.trouble ?? "";
  if (!picture.drag) show();
  if (state.still === stillShown || performance.now() - stillAt < STILL_MS) return;
  const answer = await fetch("/still.jpg");
  if (!answer.ok) return;
  const [old, now] = [get("still").getAttribute("href"), URL.createObjectURL(await answer.blob())];
  get("still").setAttribute("href", now);
  if (old) URL.revokeObjectURL(old);
  [stillShown, stillAt] = [state.still, performance.now()];
}

get("add-line").addEventListener("click", () => begin("line"));
get("add-area").addEventListener("click", () => begin("area"));
get("undo").addEventListener("click", undo);
get("done").addEventListener("click", finish);
get("cancel").addEventListener("click", () => { fresh = null; show(); });
get("save").addEventListener("click", save);
for (const radio of document.getElementsByName("reference"))
  radio.addEventListener("change", () => edit(() => { reference = radio.value; }));
// What has the focus must not be behind the picture or the bar below, where these stay while the page scrolls.
function keepClear() {
  const [view, bar] = [document.querySelector(".view"), document.querySelector(".save")];
  const beside = view.parentElement.clientWidth > view.offsetWidth;
  document.documentElement.style.scrollPaddingBlock = `${beside ? 0 : view.offsetHeight}px ${bar.offsetHeight}px`;
}

addEventListener("resize", () => { show(); keepClear(); });
new ResizeObserver(keepClear).observe(document.querySelector(".save"));

take(await (await fetch("/drawing")).json());
show();
poll();
