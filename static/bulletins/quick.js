/* Small helps on the write screen: tidy a text, suggest topics, choose resources, duplicate an item. Each changes what is
   typed and nothing that is stored; a text can be taken back with the editor's own Undo. */
(function () {
  "use strict";
  const said = () => document.getElementById("said");
  const box = (row, name) => row.querySelector(`[name$="-${name}"]`);
  const bodyOf = (row) => row.querySelector("textarea[data-type=ckeditortype]");
  const editorOf = (row) => bodyOf(row) && window.CKEDITOR && CKEDITOR.instances[bodyOf(row).id];

  function make(name, fields, ...children) {
    const element = Object.assign(document.createElement(name), fields);
    element.append(...children);
    return element;
  }

  function say(row, ...words) {
    row.querySelector(".quick-said").replaceChildren(...words);
    said().textContent = words.map((part) => part.textContent || part).join(" ");
  }

  /* The server knows the rules: it is given what is typed, and answers with what to put in its place. */
  async function ask(where, text) {
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const sent = { method: "POST", headers: { "X-CSRFToken": token }, body: new URLSearchParams({ text }) };
    const answer = await fetch(where, { ...sent, signal: AbortSignal.timeout(20000) });
    if (answer.redirected || answer.status === 403) {
      throw new Error("You are not signed in any more: save from another tab once you are, nothing here is lost.");
    }
    const given = await answer.json();
    if (!answer.ok) {
      throw new Error(given.fault);
    }
    return given;
  }

  function helping(act) {
    return async function (event) {
      const button = event.currentTarget;
      const row = button.closest(".form-group");
      button.disabled = true;
      try {
        await act(row);
      } catch (fault) {
        say(row, fault instanceof TypeError ? "The server cannot be reached: nothing was changed." : fault.message);
      }
      button.disabled = false;
    };
  }

  /* Two snapshots around it make one step for Undo. */
  function put(editor, html) {
    editor.fire("saveSnapshot");
    editor.editable().setHtml(html);
    editor.fire("saveSnapshot");
    editor.fire("change");
    editor.execCommand("autogrow");
  }

  function undoable(row, words) {
    const undo = make("button", { type: "button", className: "button", textContent: "Undo" });
    undo.addEventListener("click", function () {
      editorOf(row).execCommand("undo");
      say(row, "It is as it was.");
    });
    say(row, words, " ", undo);
  }

  async function tidy(row) {
    const { text, changed } = await ask(said().dataset.tidy, editorOf(row).getData());
    if (!changed) {
      return say(row, "It is tidy already.");
    }
    put(editorOf(row), text);
    undoable(row, "Tidied: quotation marks, blanks and lists.");
  }

  function chip(row, topic) {
    const tick = row.querySelector(`[name$="-topics"][value="${topic.id}"]`);
    if (!tick || tick.checked) {
      return null;
    }
    const button = make("button", { type: "button", className: "button chip", textContent: `Add ${topic.name}` });
    button.addEventListener("click", function () {
      tick.checked = true;
      tick.dispatchEvent(new Event("change", { bubbles: true }));
      button.replaceWith(make("span", { textContent: `${topic.name} is ticked. ` }));
      tick.focus();
    });
    return button;
  }

  async function suggest(row) {
    const { topics } = await ask(said().dataset.topics, `${box(row, "headline").value} ${editorOf(row).getData()}`);
    const chips = topics.map((topic) => chip(row, topic)).filter(Boolean);
    if (chips.length) {
      return say(row, "Perhaps: ", ...chips);
    }
    say(row, topics.length ? "What it seems to be about is ticked already." : "No topic is near to it.");
  }

  function entry(tick) {
    const link = make("a", { textContent: tick.dataset.title });
    link.setAttribute("href", tick.dataset.address); // As it is written, without this site's name.
    return make("li", {}, link, `: ${tick.dataset.summary}`);
  }

  function choose(row) {
    const dialog = document.getElementById("choose-resources");
    const ticks = [...dialog.querySelectorAll("input[type=checkbox]")];
    ticks.forEach((tick) => (tick.checked = false));
    dialog.returnValue = "";
    dialog.onclose = function () {
      const chosen = ticks.filter((tick) => tick.checked);
      if (dialog.returnValue === "put" && chosen.length) {
        const list = make("ul", {}, ...chosen.map(entry));
        put(editorOf(row), editorOf(row).getData() + list.outerHTML);
        undoable(row, chosen.length === 1 ? "One resource is in the text." : `${chosen.length} resources are in the text.`);
      }
    };
    dialog.showModal();
  }

  function find(event) {
    const words = event.target.value.toLowerCase().split(/\s+/);
    const entries = [...event.target.form.querySelectorAll("li")];
    entries.forEach((line) => (line.hidden = !words.every((word) => line.textContent.toLowerCase().includes(word))));
    event.target.form.querySelector(".none").hidden = entries.some((line) => !line.hidden);
  }

  /* A new row of the form's own, filled like the one it stands behind. */
  function duplicate(row) {
    const formset = row.closest(".formset");
    formset.addEventListener("formset:added", (event) => fill(event.target.closest(".form-group"), row), { once: true });
    formset.querySelector(".add-row a, a.add-row, .add-row button").click();
  }

  function fill(copy, row) {
    equip(copy);
    row.after(copy);
    box(copy, "headline").value = `${box(row, "headline").value} (copy)`;
    for (const name of ["section", "link"]) {
      box(copy, name).value = box(row, name).value;
    }
    for (const tick of row.querySelectorAll("[name$='-topics']:checked")) {
      copy.querySelector(`[name$="-topics"][value="${tick.value}"]`).checked = true;
    }
    box(copy, "headline").dispatchEvent(new Event("input", { bubbles: true }));
    box(copy, "section").dispatchEvent(new Event("change", { bubbles: true }));
    whenReady(copy, (editor) => editor.setData(editorOf(row).getData()));
    const picture = row.querySelector(".stored") ? " Its picture is not: choose one for the copy." : "";
    say(copy, `“${box(row, "headline").value}” is copied.${picture}`);
  }

  function whenReady(row, act) {
    const editor = editorOf(row);
    if (!editor) {
      return setTimeout(() => whenReady(row, act), 50);
    }
    return editor.status === "ready" ? act(editor) : editor.on("instanceReady", () => act(editor));
  }

  function button(words, act) {
    const made = make("button", { type: "button", className: "button", textContent: words });
    made.addEventListener("click", helping(act));
    return made;
  }

  function equip(row) {
    if (row.querySelector(".quick") || !bodyOf(row)) {
      return;
    }
    const tools = [button("Tidy the text", tidy)];
    if (box(row, "topics")) {
      tools.push(button("Suggest topics", suggest), button("Duplicate", duplicate));
    } else {
      tools.push(button("Choose resources…", choose));
    }
    const place = bodyOf(row).closest(".field-line") || bodyOf(row).parentElement;
    place.after(make("div", { className: "quick" }, ...tools, make("span", { className: "quick-said" })));
    offer(row);
  }

  /* Resources are chosen into the section that is for them. */
  function offer(row) {
    const kind = box(row, "kind");
    if (kind) {
      row.querySelector(".quick button:nth-of-type(2)").hidden = kind.value !== "parental resources";
    }
  }

  document.addEventListener("DOMContentLoaded", function () {
    if (!said()) {
      return;
    }
    document.querySelectorAll(".formset .form-group:not(.empty-form)").forEach(equip);
    document.addEventListener("formset:added", (event) => equip(event.target.closest(".form-group")));
    document.addEventListener("change", (event) => event.target.name && event.target.name.endsWith("-kind") && offer(event.target.closest(".form-group")));
    const search = document.getElementById("choose-resources.find");
    if (search) {
      search.addEventListener("input", find);
    }
  });
})();
