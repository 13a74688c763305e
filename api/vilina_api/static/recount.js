// Somebody has counted who is inside: tells the site, and says what it made of it. The number itself comes over the stream.
import { clock } from "./clock.js";

const recount = document.getElementById("recount");
const form = recount.querySelector("form");
const said = document.getElementById("recount-said");

let sending = false;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (sending) return;
  sending = true;
  say("Telling the site.");
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        people: form.elements.people.valueAsNumber,
        zone: form.elements.zone.value || null,
        author: form.elements.author.value,
      }),
    });
    const told = await answer.json();
    if (answer.ok) {
      say(`✓ Done: ${told.counted} ${where()} at ${clock(Date.parse(told.at))}, ${difference(told.people)}. The board follows.`);
      form.elements.people.value = "";
    } else {
      say(`▲ ${told.detail}`, true);
    }
  } catch {
    say("▲ No answer. Try again: the same count twice does no harm.", true);
  }
  sending = false;
});

function where() {
  const chosen = form.elements.zone.selectedOptions[0];
  return chosen.value ? `in ${chosen.text}` : "inside";
}

function difference(people) {
  const more = Math.round(people);
  if (more === 0) return "as it was estimated";
  return `${Math.abs(more)} ${more > 0 ? "more" : "fewer"} than estimated`;
}

function say(text, wrong = false) {
  said.classList.toggle("act", wrong);
  said.textContent = text;
}

recount.hidden = false;
