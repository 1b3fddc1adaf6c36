// Single keys: data-key="r" presses its element, "/" finds the search box, j and k walk a queue
// (data-queue), "?" lists them all. Never while someone types, never past an open dialog.

const SWITCH = "lamplighter.shortcuts";
const TYPED_INTO = `input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"]), textarea, select, [contenteditable]`;

const areOff = () => localStorage.getItem(SWITCH) === "off";
const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
const topDialog = () => [...document.querySelectorAll("dialog[open]")].at(-1);
const shown = (selector) => [...(topDialog() ?? document).querySelectorAll(selector)].filter(isShown);
const sameKey = (key) => (element) => element.dataset.key.toLowerCase() === key.toLowerCase();

document.addEventListener("keydown", (event) => {
  if (!isOurs(event)) return;
  const act = walk(event) ?? press(event.key) ?? list(event.key);
  if (!act) return;
  event.preventDefault();
  act();
});

function isOurs(event) {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.shiftKey && /^\p{L}$/u.test(event.key)) return false;
  return !areOff() && !event.target.closest(TYPED_INTO);
}

function walk(event) {
  const inQueue = event.target.closest("[data-queue]");
  const step = { j: 1, k: -1, ...(inQueue && { ArrowDown: 1, ArrowUp: -1 }) }[event.key];
  const rows = step ? shown("[data-queue] a.row") : [];
  if (!rows.length) return undefined;
  const at = rows.findIndex((row) => row === document.activeElement);
  const from = at >= 0 ? at : rows.findIndex((row) => row.ariaCurrent && row.ariaCurrent !== "false");
  return () => goTo(rows[Math.min(Math.max(from + step, 0), rows.length - 1)]);
}

function goTo(row) {
  row.focus();
  row.scrollIntoView({ block: "nearest" });
  if (row.closest("[data-queue]").dataset.queue === "open" && !row.ariaCurrent) row.click();
}

function press(key) {
  const element = shown("[data-key]").find(sameKey(key));
  if (!element || element.matches(":disabled")) return undefined;
  if (!element.matches(TYPED_INTO)) return () => element.click();
  return () => { element.focus(); element.select?.(); };
}

function list(key) {
  return key === "?" && !topDialog() ? showList : undefined;
}

function showList() {
  const dialog = document.querySelector("dialog[data-shortcuts]");
  const keys = new Map(shown("[data-key]").map((element) => [element.dataset.key, nameOf(element)]));
  if (shown("[data-queue] a.row").length) keys.set("j", "Next deal").set("k", "Deal before");
  keys.set("?", "This list");
  dialog.querySelector("dl").replaceChildren(...[...keys].flatMap(entry));
  dialog.querySelector("input").checked = !areOff();
  dialog.showModal();
}

function nameOf(element) {
  if (element.dataset.keyName ?? element.ariaLabel) return element.dataset.keyName ?? element.ariaLabel;
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd").forEach((kbd) => kbd.remove());
  return copy.textContent.trim() || element.labels?.[0]?.textContent.trim() || element.placeholder;
}

function entry([key, name]) {
  const [term, kbd, meaning] = ["dt", "kbd", "dd"].map((tag) => document.createElement(tag));
  kbd.textContent = key;
  term.append(kbd);
  meaning.textContent = name;
  return [term, meaning];
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-shows-shortcuts]")) showList();
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-shortcuts] input")) localStorage.setItem(SWITCH, event.target.checked ? "on" : "off");
});
