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

  function enter(row, section) {
    box(row, "section").value = section;
    box(row, "section").dispatchEvent(new Event("change", { bubbles: true }));
  }

  /* The section beside a row's own, whether it holds rows or not. */
  function sectionBeside(row, up) {
    const select = box(row, "section");
    const sections = select ? [...select.options].filter((option) => option.value) : [];
    return sections[sections.findIndex((option) => option.selected) + (up ? -1 : 1)];
  }

  /* One step: past the neighbour of the same section, or over the border into the section beside. */
  function step(row, up) {
    const mates = rowsOf(formsetOf(row)).filter((other) => sectionOf(other) === sectionOf(row));
    const other = mates[mates.indexOf(row) + (up ? -1 : 1)];
    const section = sectionBeside(row, up);
    if (other && up) {
      row.after(other); // The neighbour moves: this row keeps the focus, and its editor the caret.
    } else if (other) {
      row.before(other);
    } else if (section) {
      enter(row, section.value);
    } else {
      return say(`“${nameOf(row)}” is the ${up ? "first" : "last"} already.`);
    }
    placed(row);
  }

  /* A row that was dropped among those of another section belongs to it. */
  function dropped(row) {
    const rows = rowsOf(formsetOf(row));
    const place = rows.indexOf(row);
    const beside = [rows[place - 1], rows[place + 1]].filter((other) => other && sectionOf(other));
    if (box(row, "section") && beside.length && !beside.some((other) => sectionOf(other) === sectionOf(row))) {
      enter(row, sectionOf(beside[0]));
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

  /* A row that is not stored yet moves as any other. */
  function standing(row) {
    row.classList.remove("template");
    row.classList.add("original");
  }

  function added(row) {
    const formset = formsetOf(row);
    const rows = rowsOf(formset);
    const before = rows[rows.indexOf(row) - 1];
    standing(row);
    const select = box(row, "section");
    if (select) {
      const first = [...select.options].find((option) => option.value);
      select.value = (before && sectionOf(before)) || (first ? first.value : "");
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

  function title(row) {
    const typed = box(row, "headline") || box(row, "heading") || box(row, "title");
    if (typed) {
      row.querySelector(".row-name").textContent = typed.value.trim() || "No heading yet";
    }
  }

  function name(row) {
    const words = nameOf(row);
    row.querySelectorAll(".row-move").forEach((button) => button.setAttribute("aria-label", `Move ${button.dataset.move}: ${words}`));
    const gone = row.querySelector(".row-delete input");
    if (gone) {
      gone.setAttribute("aria-label", `Delete: ${words}`);
    }
  }

  /* The links at the top say how many rows there will be. */
  function count() {
    for (const formset of document.querySelectorAll(".formset")) {
      const staying = rowsOf(formset).filter((row) => !row.querySelector(".row-delete :checked"));
      const shown = linkTo(formset.closest("[id$=-group]")).querySelector(".count");
      shown.textContent = staying.length;
    }
  }

  const linkTo = (group) => document.querySelector(`.issue-head a[href="#${group.id}"]`);

  /* A page that comes back with faults has its rows as they are stored: they go where they stood. */
  function order(formset) {
    const place = (row) => [(box(row, "section") || {}).selectedIndex || 0, Number(box(row, formset.dataset.orderingField).value)];
    const rows = rowsOf(formset);
    const sorted = [...rows].sort(function (one, other) {
      const [here, there] = [place(one), place(other)];
      return here[0] - there[0] || here[1] - there[1];
    });
    if (sorted.some((row, index) => row !== rows[index])) {
      sorted.forEach((row) => formset.querySelector(":scope > .empty-form").before(row));
    }
  }

  function goTo(target) {
    const folded = target.closest("details");
    if (folded) {
      folded.open = true;
    }
    const editor = window.CKEDITOR && CKEDITOR.instances[target.id];
    (editor || target).focus();
  }

  /* The box that an address names: #issue-title, #item-12-body. */
  function boxOf(address) {
    const [, kind, pk, field] = /^#(issue|section|item|event)-(?:(\d+)-)?(\w+)$/.exec(address) || [];
    const id = pk && [...document.querySelectorAll(`input[name^="${kind}s-"][name$="-id"]`)].find((box) => box.value === pk);
    const named = id ? id.name.replace(/id$/, field) : kind === "issue" && field;
    return named && document.querySelector(`[name="${named}"]:not([type=hidden]), [name="${named}_0"]`);
  }

  /* Open the row of that box, and wait for its editor. */
  function goToBox(tries = 20) {
    const target = boxOf(location.hash);
    if (!target) {
      return;
    }
    const toggle = rowOf(target) && rowOf(target).querySelector(".row-toggle");
    if (toggle && toggle.getAttribute("aria-expanded") !== "true") {
      toggle.click();
    }
    const editor = window.CKEDITOR && CKEDITOR.instances[target.id];
    const isWaiting = target.matches("[data-type=ckeditortype]") && !(editor && editor.status === "ready");
    if (tries && (isWaiting || (toggle && toggle.getAttribute("aria-expanded") !== "true"))) {
      setTimeout(() => goToBox(tries - 1), 100);
      return;
    }
    setTimeout(function () {
      goTo(target);
      target.closest(".field-line, .form-row, .form-group").scrollIntoView({ block: "center" });
    }, 100);
  }

  /* What is wrong, where: the words, and the box to put it right in. */
  function faultOf(note) {
    const line = note.closest(".field-line");
    const row = rowOf(note);
    const group = note.closest("[id$=-group]");
    const target = line ? line.querySelector("input:not([type=hidden]), select, textarea") : row && row.querySelector(".row-toggle");
    const part = group && linkTo(group).firstChild.textContent.trim();
    const where = row ? `${part}, “${nameOf(row)}”` : part;
    const label = line && line.querySelector("label").textContent.trim().replace(/[*:\s]+$/, "");
    return [[where, label, note.textContent.trim()].filter(Boolean).join(": "), target || note];
  }

  function listFaults(banner, form) {
    const list = Object.assign(document.createElement("ul"), { className: "fault-list" });
    for (const note of form.querySelectorAll(".errorlist, [id$=-group] .errornote")) {
      const [words, target] = faultOf(note);
      const link = Object.assign(document.createElement("a"), { href: `#${target.id}`, textContent: words });
      target.tabIndex = target === note ? -1 : target.tabIndex;
      link.addEventListener("click", function (event) {
        event.preventDefault();
        goTo(target);
      });
      list.appendChild(document.createElement("li")).append(link);
    }
    banner.after(list);
    banner.tabIndex = -1;
    banner.focus();
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
    const rows = [...document.querySelectorAll(".formset")].flatMap(rowsOf);
    [title, name, note, standing].forEach((act) => rows.forEach(act));
    count();
    const banner = form.querySelector(".errornote");
    if (banner) {
      unsaved = true;
      form.querySelectorAll(".formset[data-ordering-field]:has(> .empty-form)").forEach(order);
      listFaults(banner, form);
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
        title(row);
        name(row);
      }
    });
    form.addEventListener("change", function (event) {
      unsaved = true;
      if (rowOf(event.target)) {
        note(rowOf(event.target));
        count();
      }
    });
    form.addEventListener("formset:added", function (event) {
      added(rowOf(event.target));
      name(rowOf(event.target));
      count();
    });
    document.addEventListener("formset:removed", count);
    form.addEventListener("end", (event) => event.item && dropped(event.item));
    form.addEventListener("submit", function () {
      unsaved = false;
      number();
    });
    document.addEventListener("desk:save", save);
    window.addEventListener("hashchange", () => goToBox());
    goToBox();
  });

  document.addEventListener("keydown", function (event) {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      save();
    }
  });

  window.addEventListener("beforeunload", (event) => unsaved && event.preventDefault());
})();
