// Dialogs. A link to a form's page opens that form in a dialog instead:
//   data-dialog="id" shows a dialog that is on the page already;
//   hx-get with hx-target="#dialog-body" fetches the form, and its arrival opens the dialog.
// An answer of 422 stays in the dialog; any other answer to what it sent closes it.

import { isChanged } from "./changed.js";

const dialogOf = (element) => element?.closest?.("dialog");
const bodyOf = (dialog) => dialog.querySelector("[data-dialog-body]");

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) return open(event, document.getElementById(opener.dataset.dialog));
  const dialog = dialogOf(event.target);
  if (!dialog) return;
  if (event.target.closest("[data-close]") || isBackdrop(event, dialog)) close(event, dialog);
});

function open(event, dialog) {
  if (!dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  dialog.showModal();
}

function close(event, dialog) {
  event.preventDefault();
  dialog.close();
}

function isBackdrop(event, dialog) {
  return event.target === dialog && ![...dialog.querySelectorAll("input, textarea, select")].some(isChanged);
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const dialog = dialogOf(detail.requestConfig.elt);
  if (!dialog || detail.xhr.status !== 422) return;
  Object.assign(detail, { target: bodyOf(dialog), swapOverride: "innerHTML", shouldSwap: true, isError: false });
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const dialog = dialogOf(detail.target);
  if (!dialog) return;
  dialog.ariaLabel = dialog.querySelector("h1, h2, h3")?.textContent.trim() ?? null;
  if (!dialog.open) dialog.showModal();
});

// Asked beforehand: what is swapped as a whole is in no dialog afterwards.
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  detail.requestConfig.isInside = dialogOf(detail.target);
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const dialog = dialogOf(detail.requestConfig.elt);
  if (dialog?.open && detail.successful && detail.requestConfig.isInside !== dialog) dialog.close();
});

document.addEventListener("close", ({ target }) => {
  if (target.matches("[data-empties]")) bodyOf(target).replaceChildren();
}, true);
