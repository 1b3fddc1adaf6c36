// On a narrow screen the ways scroll sideways: the current one comes into sight.
document.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// A heartbeat that gets no answer must not go on saying that all is well.
for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, ({ detail }) => {
    const { offline } = detail.elt.dataset;
    if (!offline) return;
    detail.elt.dataset.state = "late";
    detail.elt.textContent = offline;
  });
}
