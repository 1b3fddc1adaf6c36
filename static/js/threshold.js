// The threshold studio: a slider and a typed field that say the same. The server says where each value stands.

const slider = document.querySelector("[data-slides]");
const typed = document.getElementById("id_dark_after");
const said = document.querySelector(".studio-said");
const stops = [...document.querySelectorAll("#stops option")]; // the slider's 1, 2, …; 0 is no threshold

function say(words) {
  said.textContent = words;
  slider.setAttribute("aria-valuetext", words);
}

function slide() {
  slider.value = Math.max(slider.value, 1);
  const stop = stops[slider.value - 1];
  typed.value = stop.value;
  say(stop.textContent);
}

function follow() {
  for (const notes of document.querySelectorAll("#studio [id$='_notes']")) {
    const field = document.getElementById(notes.id.replace("_notes", ""));
    field.setAttribute("aria-invalid", notes.querySelector(".errors") !== null);
  }
  const { place, said: words } = document.getElementById("preview").dataset;
  if (!slider || document.activeElement === slider || place === undefined) return;
  slider.value = place;
  say(words);
}

if (slider) {
  slider.hidden = false;
  slider.addEventListener("input", slide);
}
document.addEventListener("htmx:afterSettle", follow);
