// Fresh blocks in the place of old ones. What a person opened stays open, and where they have scrolled and what has the focus stays.
export function replaceBlocks(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const block of fresh.querySelectorAll("[data-block]")) {
    const old = document.querySelector(`[data-block="${block.dataset.block}"]`);
    if (!old) continue;
    old.hidden = block.hidden;
    if (old.innerHTML !== block.innerHTML) replace(old, block);
  }
}

function replace(old, block) {
  const open = [...old.querySelectorAll("details[open]")].map((details) => details.id);
  const scrolled = [...old.querySelectorAll(".scroll")].map((element) => element.scrollTop);
  const focused = document.activeElement && old.contains(document.activeElement) ? document.activeElement.tagName : null;
  old.replaceChildren(...block.childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  old.querySelectorAll(".scroll").forEach((element, i) => { element.scrollTop = scrolled[i] ?? 0; });
  if (focused) old.querySelector(focused)?.focus({ preventScroll: true });
}
