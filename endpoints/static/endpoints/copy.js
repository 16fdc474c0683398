"use strict";

// Copies the text of data-copy. Clipboard access needs https or localhost, so on a
// plain http address the text is selected instead, ready for Ctrl+C.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) {
    return;
  }
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    const text = button.parentElement.querySelector("code");
    window.getSelection().selectAllChildren(text);
    button.textContent = "Press Ctrl+C";
  }
  window.setTimeout(() => {
    button.textContent = label;
  }, 2000);
});
