// The threshold studio: a slider and a typed field that say the same. The server says where each value stands.

const slider = document.querySelector("[data-slides]");
const typed = document.getElementById("id_dark_after");
const said = document.querySelector(".studio-said");
const stops = [...document.querySelectorAll("#stops option")];

function say(words) {
  said.textContent = words;
  slider.setAttribute("aria-valuetext", words);
}

function slide() {
  const stop = stops[slider.value];
  typed.value = stop.value;
  say(stop.textContent);
}

function follow() {
  const { place, said: words } = document.getElementById("preview").dataset;
  if (document.activeElement === slider || place === undefined) return;
  slider.value = place;
  say(words);
}

if (slider) {
  slider.hidden = false;
  slider.addEventListener("input", slide);
  document.addEventListener("htmx:afterSwap", follow);
}
