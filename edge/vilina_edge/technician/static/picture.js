// The blurred picture and what is drawn over it: shows parts, and tells what a finger does to them.
// All coordinates are pixels of the camera's picture; `unit` is how many of them make one pixel of the screen.

const SVG = "http://www.w3.org/2000/svg";
const TOUCH = 24;
const DOT = 9;
const FONT = 16;
const ARROW = 22;
const DRAG_FROM = 5;

export class Picture {
  // `on` has place(point), pick(part), touch(part, corner), move(part, corner, point), insert(part, corner, point), drop().
  constructor(svg, on) {
    this.svg = svg;
    this.on = on;
    this.size = [640, 480];
    this.nodes = new Map();
    this.drag = null;
    svg.addEventListener("pointerdown", (event) => this.down(event));
    svg.addEventListener("pointermove", (event) => this.moved(event));
    svg.addEventListener("pointerup", (event) => this.up(event));
    svg.addEventListener("pointercancel", () => { this.drag = null; });
    svg.addEventListener("click", (event) => this.click(event));
  }

  resize(size) {
    this.size = size;
    this.svg.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
  }

  get unit() { return this.size[0] / Math.max(1, this.svg.clientWidth); }

  at(event) {
    const box = this.svg.getBoundingClientRect();
    const share = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return share.map((s, i) => Math.round(Math.min(1, Math.max(0, s)) * this.size[i]));
  }

  // A finger on a handle: a tap chooses it, a movement drags it. Between two corners it makes a new one.
  down(event) {
    const grip = event.target.closest("[data-corner]");
    if (!grip || !event.isPrimary) return;
    const [part, corner] = [Number(grip.dataset.part), Number(grip.dataset.corner)];
    this.drag = { part, corner, fresh: "fresh" in grip.dataset, from: [event.clientX, event.clientY], far: false };
    this.svg.setPointerCapture(event.pointerId);
  }

  moved(event) {
    const drag = this.drag;
    if (!drag) return;
    const way = Math.hypot(event.clientX - drag.from[0], event.clientY - drag.from[1]);
    if (!drag.far && way < DRAG_FROM) return;
    if (!drag.far && drag.fresh) this.on.insert(drag.part, drag.corner, this.at(event));
    drag.far = true;
    this.on.move(drag.part, drag.corner, this.at(event));
  }

  up(event) {
    const drag = this.drag;
    this.drag = null;
    if (!drag) return;
    if (drag.far) this.on.drop();
    else if (drag.fresh) { this.on.insert(drag.part, drag.corner, this.at(event)); this.on.drop(); }
    else this.on.touch(drag.part, drag.corner);
    this.handled = true;
  }

  click(event) {
    if (this.handled) { this.handled = false; return; }
    const part = event.target.closest("[data-part]");
    if (part && !this.drawing) this.on.pick(Number(part.dataset.part));
    else this.on.place(this.at(event));
  }

  // Everything as it is now. Nodes are kept from one time to the next, so that a finger never loses what it holds.
  show({ parts, selected, corner, fresh, label }) {
    this.used = new Set();
    this.drawing = fresh !== null;
    parts.forEach((part, index) => this.part(part, index, { picked: index === selected, ...label(part, index) }));
    if (selected !== null && !fresh) this.handles(parts[selected], selected, corner);
    if (fresh) this.fresh(fresh.points);
    if (this.drag?.far && parts[this.drag.part]) this.cross(parts[this.drag.part].points[this.drag.corner]);
    for (const [key, node] of this.nodes) if (!this.used.has(key)) { node.remove(); this.nodes.delete(key); }
  }

  part(part, index, { picked, wrong, forward, back }) {
    const state = `${picked ? " picked" : ""}${wrong ? " wrong" : ""}`;
    const [layer, tag] = part.kind === "line" ? ["lines", "polyline"] : ["areas", "polygon"];
    const points = part.points.map((p) => p.join(",")).join(" ");
    this.node(layer, `${index} case`, tag, { class: `case ${part.kind}${state}`, points });
    this.node(layer, `${index}`, tag, { class: `part ${part.kind}${state}`, points });
    this.node(layer, `${index} hit`, tag, { class: `hit ${part.kind}`, points, "data-part": index });
    if (part.kind === "line") this.arrow(part, index, { state, forward, back });
    else this.word(`${index} word`, middle(part.points), forward);
  }

  // Across the line, to the right of who walks along it: the way in.
  arrow(part, index, { state, forward, back }) {
    const [[x1, y1], [x2, y2]] = part.points;
    const length = Math.hypot(x2 - x1, y2 - y1);
    if (length === 0) return;
    const [nx, ny] = [-(y2 - y1) / length, (x2 - x1) / length];
    const [mx, my] = middle(part.points);
    const u = this.unit;
    const to = (along, across = 0) => [mx + (nx * along - ny * across) * u, my + (ny * along + nx * across) * u];
    const shaft = [to(-ARROW), to(ARROW)];
    const head = [to(ARROW - 9, -9), to(ARROW + 2), to(ARROW - 9, 9)];
    for (const [kind, points] of [["shaft", shaft], ["head", head]]) {
      const text = points.map((p) => p.join(",")).join(" ");
      this.node("lines", `${index} ${kind} case`, "polyline", { class: `case arrow${state}`, points: text });
      this.node("lines", `${index} ${kind}`, "polyline", { class: `part arrow${state}`, points: text });
    }
    const beyond = (text) => ARROW + 8 + Math.abs(nx) * width(text) / 2 + Math.abs(ny) * FONT * 0.6;
    this.word(`${index} in`, to(beyond(forward)), forward);
    this.word(`${index} out`, to(-beyond(back)), back);
  }

  word(key, [x, y], text) {
    const u = this.unit;
    const [half, high] = [(width(text) / 2 + 4) * u, FONT * 0.8 * u];
    const inside = (value, margin, whole) => Math.min(whole - margin, Math.max(margin, value));
    this.node("words", key, "text", {
      class: "word", x: inside(x, half, this.size[0]), y: inside(y, high, this.size[1]) + FONT * 0.35 * u,
      "font-size": FONT * u,
    }).textContent = text;
  }

  handles(part, index, chosen) {
    const u = this.unit;
    if (part.kind === "area") {
      part.points.forEach((from, corner) => {
        const [cx, cy] = middle([from, part.points[(corner + 1) % part.points.length]]);
        this.node("handles", `new ${corner}`, "circle", { class: "fresh", cx, cy, r: 5 * u });
        this.node("handles", `new hit ${corner}`, "circle",
          { class: "grip", cx, cy, r: 16 * u, "data-part": index, "data-corner": corner + 1, "data-fresh": "" });
      });
    }
    part.points.forEach(([cx, cy], corner) => {
      const state = corner === chosen ? " chosen" : "";
      this.node("handles", `dot ${corner}`, "circle", { class: `dot${state}`, cx, cy, r: DOT * u });
      this.node("handles", `number ${corner}`, "text",
        { class: `number${state}`, x: cx, y: cy + 4.5 * u, "font-size": 13 * u }).textContent = corner + 1;
      this.node("handles", `hit ${corner}`, "circle",
        { class: "grip", cx, cy, r: TOUCH * u, "data-part": index, "data-corner": corner });
    });
  }

  // What is being drawn.
  fresh(points) {
    const text = points.map((p) => p.join(",")).join(" ");
    this.node("handles", "fresh case", "polyline", { class: "case line", points: text });
    this.node("handles", "fresh", "polyline", { class: "part line", points: text });
    points.forEach(([cx, cy], i) =>
      this.node("handles", `fresh ${i}`, "circle", { class: "dot chosen", cx, cy, r: DOT * this.unit }));
  }

  // Where a point is that a thumb hides.
  cross([x, y]) {
    this.node("handles", "across", "line", { class: "cross", x1: 0, x2: this.size[0], y1: y, y2: y });
    this.node("handles", "down", "line", { class: "cross", x1: x, x2: x, y1: 0, y2: this.size[1] });
  }

  node(layer, key, tag, attributes) {
    const name = `${layer} ${key} ${tag}`;
    let node = this.nodes.get(name);
    if (!node) {
      node = document.createElementNS(SVG, tag);
      this.svg.getElementById(layer).append(node);
      this.nodes.set(name, node);
    }
    this.used.add(name);
    for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, value);
    return node;
  }
}

function middle(points) {
  return [0, 1].map((i) => points.reduce((sum, p) => sum + p[i], 0) / points.length);
}

// About what a text takes, in pixels of the screen.
function width(text) { return text.length * FONT * 0.56; }
