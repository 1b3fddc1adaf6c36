// A page that refreshes itself (data-refresh) never replaces what someone is typing:
// while a region holds a changed field, the focused field or an open dialog, its refresh waits for the next tick.

import { isChanged } from "./changed.js";

const FIELDS = "input:not([type='hidden']), textarea, select";

function isInUse(region) {
  const focused = document.activeElement;
  if (region.contains(focused) && focused.matches(FIELDS)) return true;
  return Boolean(region.querySelector("dialog[open], details[open].menu")) || [...region.querySelectorAll(FIELDS)].some(isChanged);
}

let refreshing = false;

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.hasAttribute("data-refresh") && isInUse(event.detail.target)) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  refreshing = detail.requestConfig.elt.hasAttribute("data-refresh");
  if (refreshing && isInUse(detail.target)) detail.shouldSwap = false;
});

document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  if (refreshing && isInUse(detail.target)) detail.shouldSwap = false;
});
