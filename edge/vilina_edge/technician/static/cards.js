// The list of what is drawn: each part with its tally, and everything that can be set by number.

// The card of a part. The old one is kept, with what is being typed, unless it has to look different.
export function card(old, now, actions) {
  const { part, index, open } = now;
  const shape = [part.kind, index, open, open ? part.points.length : 0].join();
  const node = old?.dataset.shape === shape ? old : made(now, actions);
  node.dataset.shape = shape;
  refresh(node, now);
  return node;
}

function made({ part, index, open, size }, actions) {
  const node = element("li", { class: `card ${part.kind}` });
  const head = element("button", { type: "button", class: "head", "aria-expanded": open });
  head.append(element("span", { class: "name" }), element("span", { class: "tally" }));
  head.addEventListener("click", () => actions.choose(index));
  node.append(head, element("p", { class: "fault", role: "alert" }));
  if (open) node.append(fields(part, index, size, actions));
  return node;
}

function fields(part, index, size, actions) {
  const box = element("div", { class: "fields" });
  const name = element("input", { "data-field": "name", autocapitalize: "none", autocomplete: "off", spellcheck: "false", maxlength: 64 });
  name.addEventListener("change", () => actions.rename(index, name.value));
  box.append(labelled("Name, as in the site file", name));
  part.points.forEach((_, at) => box.append(pointRow(part, index, at, size, actions)));
  const buttons = element("div", { class: "tools" });
  if (part.kind === "line") buttons.append(button("Swap in and out", () => actions.swap(index)));
  else {
    const queue = element("input", { type: "checkbox", "data-field": "queue" });
    queue.addEventListener("change", () => actions.queue(index, queue.checked));
    const label = element("label", { class: "check" });
    label.append(queue, " People queue here");
    box.append(label);
    buttons.append(button("Add a corner", () => actions.addCorner(index)));
  }
  buttons.append(button("Delete", () => actions.remove(index), "danger"));
  box.append(buttons);
  return box;
}

function pointRow(part, index, at, size, actions) {
  const row = element("fieldset", { class: "point" });
  const words = part.kind === "line" ? ["First point", "Second point"][at] : `Corner ${at + 1}`;
  row.append(element("legend", {}, words));
  ["x", "y"].forEach((axis, i) => {
    const input = element("input", { type: "number", inputmode: "decimal", step: "any", min: 0, max: size[i], "data-field": `${at} ${i}`, "aria-label": `${words}, ${axis}` });
    input.addEventListener("change", () => { if (input.value !== "") actions.set(index, at, i, Number(input.value)); });
    row.append(labelled(axis, input));
  });
  if (part.kind === "area" && part.points.length > 3) {
    const remove = button("×", () => actions.removeCorner(index, at), "small");
    remove.setAttribute("aria-label", `Remove corner ${at + 1}`);
    row.append(remove);
  }
  return row;
}

function refresh(node, { part, fault, tally }) {
  node.classList.toggle("wrong", Boolean(fault));
  write(node.querySelector(".name"), part.name || "(no name)");
  write(node.querySelector(".tally"), words(part, fault, tally));
  write(node.querySelector(".fault"), fault ? `▲ ${fault}` : "");
  for (const input of node.querySelectorAll("[data-field]")) {
    if (input === document.activeElement && input.type !== "checkbox") continue;
    const field = input.dataset.field;
    if (field === "queue") input.checked = part.queue;
    else if (field === "name") input.value = part.name;
    else { const [at, axis] = field.split(" "); input.value = part.points[at][axis]; }
  }
}

function words(part, fault, tally) {
  if (fault) return "not counted";
  if (!tally) return "–";
  if (part.kind === "line") return `${tally.entered} in  ${tally.left} out`;
  return `${tally.people} now${tally.waiting === null ? "" : `, ${tally.waiting} waiting`}`;
}

function write(node, text) { if (node.textContent !== text) node.textContent = text; }

function labelled(text, input) {
  const label = element("label", {}, text);
  label.append(input);
  return label;
}

function button(text, action, kind = "") {
  const made = element("button", { type: "button", class: kind }, text);
  made.addEventListener("click", action);
  return made;
}

function element(tag, attributes, text = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}
