// On the report: a link that copies its own address and says so (data-copies), a button that prints.
// What a wide page shows unfolded is unfolded here where the browser's CSS cannot.

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-copies]");
  if (link && navigator.clipboard) {
    event.preventDefault();
    await navigator.clipboard.writeText(link.href);
    link.textContent = link.dataset.copies;
  }
  if (event.target.closest("[data-prints]")) print();
});

function unfold() {
  if (CSS.supports("selector(::details-content)") || !matchMedia("(min-width: 40.01rem)").matches) return;
  for (const part of document.querySelectorAll(".report-part")) part.open = true;
}
unfold();
document.addEventListener("htmx:afterSettle", unfold);
