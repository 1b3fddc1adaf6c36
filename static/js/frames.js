// A framed page as tall as what is in it (iframe[data-fits]). Without this it scrolls in its frame.

function fit(frame) {
  const page = frame.contentDocument?.documentElement;
  if (!page) return;
  frame.height = 0; // else no page is shorter than its frame
  frame.height = page.scrollHeight + frame.offsetHeight - frame.clientHeight;
}

const frames = document.querySelectorAll("iframe[data-fits]");
frames.forEach((frame) => {
  frame.addEventListener("load", () => fit(frame));
  fit(frame);
});
addEventListener("resize", () => frames.forEach(fit));
