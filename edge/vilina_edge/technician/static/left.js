// Counts down to the end of the page, also while the phone sleeps, and says when it has come.
"use strict";

const LAST_MINUTE_S = 60;
const left = document.getElementById("left");
const closes = Date.now() + 1000 * Number(left.dataset.seconds);

function tick() {
  const seconds = Math.max(0, Math.round((closes - Date.now()) / 1000));
  left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  left.parentElement.classList.toggle("soon", seconds <= LAST_MINUTE_S);
  if (seconds > 0) setTimeout(tick, 500);
  else left.parentElement.textContent = "off: start the command again";
}

tick();
