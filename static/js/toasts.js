// Messages: they leave by themselves when they are only news, stay while pointed at or focused,
// stay longer with an undo, and for good when something went wrong.

const SECONDS = { news: 10, undo: 30 };
const region = document.getElementById("messages");
const leaving = new WeakMap();

function secondsOf(toast) {
  if (/warning|error/.test(toast.dataset.level)) return Infinity;
  return toast.querySelector("form") ? SECONDS.undo : SECONDS.news;
}

function stay(toast) {
  clearTimeout(leaving.get(toast));
}

function leaveLater(toast) {
  stay(toast);
  if (toast.matches(":hover, :focus-within") || secondsOf(toast) === Infinity) return;
  leaving.set(toast, setTimeout(() => toast.remove(), secondsOf(toast) * 1000));
}

function welcome(toast) {
  for (const event of ["pointerenter", "focusin"]) toast.addEventListener(event, () => stay(toast));
  for (const event of ["pointerleave", "focusout"]) toast.addEventListener(event, () => setTimeout(leaveLater, 0, toast));
  toast.querySelector("[data-dismiss]").addEventListener("click", () => toast.remove());
  leaveLater(toast);
}

function say(sentence) {
  const toast = document.getElementById("toast-pattern").content.firstElementChild.cloneNode(true);
  toast.querySelector("p").textContent = sentence;
  region.append(toast);
}

region.querySelectorAll(".toast").forEach(welcome);
new MutationObserver((changes) => {
  changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.matches?.(".toast")).forEach(welcome);
}).observe(region, { childList: true });

const REFUSALS = {
  403: "That was refused. Reload the page; if it happens again, ask an admin whether you may do this.",
  404: "That is no longer there. Reload the page to see how things stand.",
  413: "That is too big. Choose a smaller file.",
  429: "That was a lot at once. Wait a minute, then try again.",
};

document.addEventListener("htmx:responseError", ({ detail }) => {
  if (!detail.elt.matches("[data-refresh]")) say(REFUSALS[detail.xhr.status] ?? "Something went wrong on the server; nothing was changed. Try again.");
});
for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, ({ detail }) => {
    if (!detail.elt.matches("[data-refresh]")) say("The server does not answer; nothing was changed. Check your connection, then try again.");
  });
}
