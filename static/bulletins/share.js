/* Shows the button that copies a page's address where the browser lets it; till then the address stands there in words. */
(function () {
  "use strict";
  if (!navigator.clipboard) return;

  async function copy(button) {
    const told = button.parentElement.querySelector("[role=status]");
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      told.textContent = "Copied";
    } catch {
      told.textContent = button.dataset.copy;
    }
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copy(button));
    button.parentElement.hidden = false;
    button.closest(".pass").querySelector(".share-address").hidden = true;
  }
})();
