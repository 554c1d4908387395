/* What unfolds in the theme's sidebar has no name that a screen reader could say: it gets that of the page beside it. */
document.addEventListener("DOMContentLoaded", () => {
  for (const one of document.querySelectorAll(".bd-sidebar-primary summary:not([aria-label])")) {
    const link = one.closest("li")?.querySelector("a");
    one.setAttribute("aria-label", `Pages below ${link ? link.textContent.trim() : "this"}`);
  }
});
/* A formula that is wider than the window scrolls; it can then be reached by keyboard. */
document.addEventListener("DOMContentLoaded", () => {
  for (const one of document.querySelectorAll("div.math")) {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
  }
});
