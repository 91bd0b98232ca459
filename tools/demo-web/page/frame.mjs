// Passes the computer and the function `connect` of the surrounding page to the app. Also defines what happens when a
// button of a feature is clicked.

export const { computer, connect } = parent.demo;

for (const button of document.querySelectorAll("[data-feature]")) {
  button.addEventListener("click", () => (button.nextElementSibling.textContent = "Done."));
}
