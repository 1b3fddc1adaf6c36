// On the report: a link that copies its own address and says so (data-copies), a button that prints.

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-copies]");
  if (link && navigator.clipboard) {
    event.preventDefault();
    await navigator.clipboard.writeText(link.href);
    link.textContent = link.dataset.copies;
  }
  if (event.target.closest("[data-prints]")) print();
});
