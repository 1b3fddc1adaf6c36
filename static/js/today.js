// Today: the link that opens a mail takes the draft as it was changed; a deal opened on a narrow
// screen, where it takes the list's place, is shown from its top.

const RFC_6068_LINE = "\r\n";

document.addEventListener("click", ({ target }) => {
  const link = target.closest("a[data-mailto]");
  const form = link?.closest("form");
  const draft = form?.querySelector("[data-draft]");
  if (!draft) return;
  const [address, query = ""] = link.href.split("?");
  const subject = form.querySelector("[name='subject']");
  const told = query.split("&").filter((part) => part && !part.startsWith("body=") && !(subject && part.startsWith("subject=")));
  if (subject) told.push(`subject=${encodeURIComponent(subject.value)}`);
  told.push(`body=${encodeURIComponent(draft.value.replace(/\r?\n/g, RFC_6068_LINE))}`);
  link.href = `${address}?${told.join("&")}`;
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const list = detail.target.id === "work" && document.getElementById("queue");
  if (list && !list.checkVisibility()) document.getElementById("main").scrollIntoView();
});
