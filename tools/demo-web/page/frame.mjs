// Gives the app what the page around it provides, and defines what the buttons of the app's features do when clicked.

export const { computer, connect } = parent.demo;

for (const button of document.querySelectorAll("[data-feature]")) {
  button.addEventListener("click", () => (button.nextElementSibling.textContent = "Done."));
}
