/* A mailing's page follows its mailing: every two seconds it fetches what may have changed and puts each part in its
   place, until the mailing is over or nobody looks. Where focus and scroll were, they stay. */
(function () {
  "use strict";
  const EVERY = 2000;
  const QUIET = 20000; // The sentence that is read out changes no more often than this, unless the state does.
  const live = document.getElementById("live");
  const said = document.getElementById("said");
  const away = document.getElementById("away");
  const shown = new Map();
  let due = 0, state = live.dataset.state, spoke = Date.now();

  function put(part) {
    const old = document.getElementById(part.id);
    const mark = part.dataset.stamp || part.innerHTML;
    if (mark === (shown.get(part.id) || old.dataset.stamp)) return;
    shown.set(part.id, mark);
    const held = old.contains(document.activeElement) && document.activeElement.id;
    old.innerHTML = part.innerHTML;
    old.hidden = part.hidden;
    const again = held && document.getElementById(held);
    if (again) again.focus({ preventScroll: true });
  }

  function tell(fresh) {
    if (fresh.dataset.state === state && Date.now() - spoke < QUIET) return;
    [state, spoke] = [fresh.dataset.state, Date.now()];
    said.textContent = fresh.dataset.words;
  }

  function lose(why) {
    const since = away.dataset.since || (away.dataset.since = new Date().toLocaleTimeString("en-GB"));
    away.textContent = `${why} The numbers below are those of ${since}.`;
    away.hidden = false;
  }

  async function look() {
    let over = false;
    try {
      const answer = await fetch(live.dataset.from, { cache: "no-store", signal: AbortSignal.timeout(10000) });
      if (answer.redirected || answer.status === 403) return lose("You are not signed in any more: load this page again.");
      if (!answer.ok) throw new Error(answer.status);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
      fresh.querySelectorAll("[data-part]").forEach(put);
      tell(fresh);
      over = "over" in fresh.dataset;
      away.hidden = true;
      delete away.dataset.since;
    } catch {
      lose("The server cannot be reached; it is asked again every few seconds.");
    }
    clearTimeout(due);
    if (!over && !document.hidden) due = setTimeout(look, EVERY);
    if (over) document.removeEventListener("visibilitychange", wake);
  }

  function wake() {
    clearTimeout(due);
    if (!document.hidden) due = setTimeout(look, 0);
  }

  document.addEventListener("visibilitychange", wake);
  due = setTimeout(look, EVERY);
})();
