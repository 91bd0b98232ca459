// The parts that the page around the app provides to it, and what the app's buttons do if they are on.

export const { computer, connect } = parent.demo;

for (const button of document.querySelectorAll("[data-feature]")) {
  button.addEventListener("click", () => (button.nextElementSibling.textContent = "Done."));
}
