/* A part of a page that waits for a worker: fetched again every two seconds until nothing in it waits. And a button
   that copies a link, where the browser can. */
(function () {
  "use strict";
  const EVERY = 2000;

  async function look(id) {
    try {
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(10000) });
      if (answer.ok && !answer.redirected) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
        const old = document.getElementById(id);
        if (fresh && old.innerHTML !== fresh.innerHTML) old.replaceWith(fresh);
      }
    } catch { /* It is asked again. */ }
    follow(document.getElementById(id));
  }

  function follow(part) {
    if ("waiting" in part.dataset) setTimeout(() => look(part.id), EVERY);
  }

  document.querySelectorAll("[data-follow]").forEach(follow);
  document.querySelectorAll("[data-select]").forEach((box) => box.addEventListener("focus", () => box.select()));
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async function () {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
      button.textContent = "Copied";
    });
  }
})();
