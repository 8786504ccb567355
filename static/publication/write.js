/* The write screen: rows that open, move and keep their place without a mouse. */
(function () {
  "use strict";
  let unsaved = false;

  const rowsOf = (formset) => [...formset.querySelectorAll(":scope > .form-group:not(.empty-form)")];
  const rowOf = (element) => element.closest(".form-group");
  const formsetOf = (row) => row.closest(".formset");
  const box = (row, name) => row.querySelector(`[name$="-${name}"]`);
  const nameOf = (row) => row.querySelector(".row-name").textContent.trim();
  const sectionOf = (row) => (box(row, "section") || { value: "" }).value;
  const sectionName = (row) => box(row, "section").selectedOptions[0].textContent.trim();

  function say(words) {
    document.getElementById("said").textContent = words;
  }

  function placed(row) {
    const mates = rowsOf(formsetOf(row)).filter((other) => sectionOf(other) === sectionOf(row));
    const where = box(row, "section") && sectionOf(row) ? ` in “${sectionName(row)}”` : "";
    say(`“${nameOf(row)}” is number ${mates.indexOf(row) + 1} of ${mates.length}${where}.`);
    rowsOf(formsetOf(row)).forEach((other) => other.classList.toggle("moved", other === row));
    unsaved = true;
  }

  function join(row, other) {
    box(row, "section").value = sectionOf(other);
    box(row, "section").dispatchEvent(new Event("change", { bubbles: true }));
  }

  /* One step: past the neighbour of the same section, or over the border into the next section. */
  function step(row, up) {
    const rows = rowsOf(formsetOf(row));
    const other = rows[rows.indexOf(row) + (up ? -1 : 1)];
    if (!other) {
      return say(`“${nameOf(row)}” is the ${up ? "first" : "last"} already.`);
    }
    if (sectionOf(other) && sectionOf(other) !== sectionOf(row)) {
      join(row, other);
    } else if (up) {
      row.after(other); // The neighbour moves: this row keeps the focus, and its editor the caret.
    } else {
      row.before(other);
    }
    placed(row);
  }

  /* A row that was dropped among those of another section belongs to it. */
  function dropped(row) {
    const rows = rowsOf(formsetOf(row));
    const place = rows.indexOf(row);
    const beside = [rows[place - 1], rows[place + 1]].filter((other) => other && sectionOf(other));
    if (box(row, "section") && beside.length && !beside.some((other) => sectionOf(other) === sectionOf(row))) {
      join(row, beside[0]);
    }
    placed(row);
  }

  /* Positions count from 1 inside each section, in the order on the screen. */
  function number() {
    for (const formset of document.querySelectorAll(".formset[data-ordering-field]")) {
      const counts = {};
      for (const row of rowsOf(formset)) {
        const section = sectionOf(row);
        counts[section] = (counts[section] || 0) + 1;
        box(row, formset.dataset.orderingField).value = counts[section];
      }
    }
  }

  function added(row) {
    const formset = formsetOf(row);
    const rows = rowsOf(formset);
    const before = rows[rows.indexOf(row) - 1];
    row.classList.remove("template");
    row.classList.add("original");
    if (box(row, "section") && before && sectionOf(before)) {
      box(row, "section").value = sectionOf(before);
    }
    note(row);
    setTimeout(function () {
      const toggle = row.querySelector(".row-toggle");
      if (toggle.getAttribute("aria-expanded") !== "true") {
        toggle.click();
      }
      setTimeout(() => row.querySelector(":scope fieldset input, :scope fieldset select").focus(), 50);
    });
  }

  /* An editor that was folded away could not measure its text. */
  function opened(row) {
    for (const box of row.querySelectorAll("textarea[data-type=ckeditortype]")) {
      const editor = CKEDITOR.instances[box.id];
      if (editor && editor.status === "ready") {
        editor.execCommand("autogrow");
      }
    }
  }

  function note(row) {
    const select = box(row, "section") || box(row, "kind");
    if (select && select.value) {
      row.querySelector(".row-note").textContent = select.selectedOptions[0].textContent.trim();
    }
  }

  function title(row, typed) {
    row.querySelector(".row-name").textContent = typed.value.trim() || "No heading yet";
  }

  function name(row) {
    const words = nameOf(row);
    row.querySelectorAll(".row-move").forEach((button) => button.setAttribute("aria-label", `Move ${button.dataset.move}: ${words}`));
    const gone = row.querySelector(".row-delete input");
    if (gone) {
      gone.setAttribute("aria-label", `Delete: ${words}`);
    }
  }

  function save() {
    const button = document.querySelector("button[name=_continue]");
    if (button) {
      button.click();
    }
  }

  document.addEventListener("DOMContentLoaded", function () {
    const form = document.getElementById("bulletin_form");
    if (!form || !document.getElementById("said")) {
      return;
    }
    document.querySelectorAll(".form-group").forEach(name);
    const wrong = document.querySelector(".errornote");
    if (wrong) {
      wrong.tabIndex = -1;
      wrong.focus();
    }
    form.addEventListener("click", function (event) {
      const button = event.target.closest(".row-move");
      if (button) {
        step(rowOf(button), button.dataset.move === "up");
        button.focus();
      }
      if (event.target.closest(".row-toggle")) {
        setTimeout(() => opened(rowOf(event.target)), 50);
      }
    });
    form.addEventListener("input", function (event) {
      const row = rowOf(event.target);
      unsaved = true;
      if (row && /-(headline|heading|title)$/.test(event.target.name)) {
        title(row, event.target);
        name(row);
      }
    });
    form.addEventListener("change", function (event) {
      unsaved = true;
      if (rowOf(event.target)) {
        note(rowOf(event.target));
      }
    });
    form.addEventListener("formset:added", function (event) {
      added(rowOf(event.target));
      name(rowOf(event.target));
    });
    form.addEventListener("end", (event) => event.item && dropped(event.item));
    form.addEventListener("submit", function () {
      unsaved = false;
      number();
    });
    document.addEventListener("desk:save", save);
  });

  document.addEventListener("keydown", function (event) {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      save();
    }
  });

  window.addEventListener("beforeunload", (event) => unsaved && event.preventDefault());
})();
