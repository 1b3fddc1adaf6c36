// A link that opens a telephone, a text message or a chat names in data-asks the link that asks how
// it went. When the page is in front again, that one is followed; without scripts one follows it oneself.

let asks = "";
let isAway = false;

document.addEventListener("click", ({ target }) => {
  const link = target.closest("a[data-asks]");
  if (link) [asks, isAway] = [link.dataset.asks, false];
});

function leave() {
  isAway = true;
}

function comeBack() {
  if (!asks || !isAway || document.hidden) return;
  const link = document.getElementById(asks);
  asks = "";
  if (!document.querySelector("dialog[open]")) link?.click();
}

window.addEventListener("blur", leave);
window.addEventListener("focus", comeBack);
document.addEventListener("visibilitychange", () => (document.hidden ? leave() : comeBack()));
