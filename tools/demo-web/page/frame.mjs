// Gives the app what the page around it provides, and defines what the app's buttons do when they are on.

export const { computer, connect } = parent.demo;

for (const button of document.querySelectorAll("[data-feature]")) {
  button.addEventListener("click", () => (button.nextElementSibling.textContent = "Done."));
}
