/* Unfold opens its menus on clicks upon plain elements, which no keyboard reaches: each becomes a button. Its icons
   are words in a font of pictures, which a screen reader would read out. */
(function () {
  "use strict";
  const CLICKED = "[x-on\\:click]:not(a[href], button, input, label, select, textarea, summary, [data-reached])";
  const NAMES = { dock_to_right: "Side bar", close: "Close the side bar", more_vert: "Choose another action", more_horiz: "More", search: "Search", download: "Download" };
  const ICON = ".material-symbols-outlined";

  function hidden(words) {
    return Object.assign(document.createElement("span"), { className: "sr-only", textContent: words });
  }

  function reach(element) {
    element.dataset.reached = "";
    element.tabIndex = 0;
    element.setAttribute("role", "button");
  }

  /* What shows an icon alone says in words what it is. */
  function call(element) {
    const icon = element.matches(ICON) ? element : element.querySelector(ICON);
    const words = [...element.childNodes].some((node) => node !== icon && node.textContent.trim());
    if (!words && !element.title && !element.hasAttribute("aria-label") && (icon || element.matches("[data-reached]"))) {
      element.setAttribute("aria-label", icon ? NAMES[icon.textContent.trim()] || "Choose the colours" : "Close");
    }
  }

  /* A box in a table is called after its column and its row. */
  function label(box) {
    const row = box.closest("tr").querySelector("th[data-label], .inline-heading, p");
    const column = box.closest("td").dataset.label;
    box.setAttribute("aria-label", [column, row && row.textContent.trim()].filter(Boolean).join(": "));
  }

  /* Unfold writes the name of a chosen file into a box of its own; the browser's box shows it by itself. */
  function leaveFiles() {
    document.querySelectorAll("input[type=file]").forEach((input) => (input.hasChangeListener = true));
  }

  function mend(root) {
    root.querySelectorAll("td[data-label] :is(input:not([type=hidden]), select, textarea):not([aria-label])").forEach(label);
    root.querySelectorAll("th").forEach((head) => head.textContent.trim() || head.querySelector("input") || head.append(hidden("Act on the row")));
    root.querySelectorAll(".help-tooltip:not([role])").forEach((tip) => tip.setAttribute("role", "img"));
    root.querySelectorAll(CLICKED).forEach(reach);
    root.querySelectorAll("[data-reached], a, button").forEach(call);
    root.querySelectorAll(".simplebar-content-wrapper[role=region]").forEach(function (part, index) {
      part.setAttribute("aria-label", index ? `Part that scrolls, ${index + 1}` : "Part that scrolls");
    });
    root.querySelectorAll(".material-symbols-outlined:not([role])").forEach((icon) => icon.setAttribute("aria-hidden", "true"));
  }

  document.addEventListener("DOMContentLoaded", function () {
    mend(document);
    leaveFiles();
    let due = 0;
    new MutationObserver(function () {
      leaveFiles(); // At once, for Unfold looks at each new box next.
      cancelAnimationFrame(due);
      due = requestAnimationFrame(() => mend(document));
    }).observe(document.body, { childList: true, subtree: true });
  });

  document.addEventListener("keydown", function (event) {
    const pressed = event.target.closest && event.target.closest("[data-reached]");
    if (pressed && pressed === event.target && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      pressed.click();
    }
  });
})();
