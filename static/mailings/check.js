/* The checklist follows the look-ups of its links: every two seconds a fresh one is put in its place, until each link
   has its answer. What somebody is typing is left alone. */
(function () {
  "use strict";
  const EVERY = 2000;
  const list = () => document.getElementById("checklist");
  const isTyping = () => [...list().querySelectorAll("input[type=text]")].some((box) => box.value || box === document.activeElement);

  async function look() {
    let fresh = null;
    try {
      const answer = await fetch(location.pathname, { cache: "no-store", signal: AbortSignal.timeout(10000) });
      if (answer.redirected || answer.status === 403) return;
      fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("checklist");
    } catch {
      // The server cannot be reached: it is asked again.
    }
    const isOver = fresh && fresh.dataset.pending === "0";
    if (fresh && !isTyping()) {
      const held = list().contains(document.activeElement) && document.activeElement.getAttribute("href");
      list().replaceWith(fresh);
      const again = held && [...fresh.querySelectorAll("a")].find((link) => link.getAttribute("href") === held);
      if (again) again.focus({ preventScroll: true });
      if (isOver) document.getElementById("said").textContent = `All links are looked up. ${fresh.dataset.words}`;
    }
    if (!isOver || isTyping()) setTimeout(look, EVERY);
  }

  setTimeout(look, EVERY);
})();
