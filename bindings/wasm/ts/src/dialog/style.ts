/**
 * The dialog's style sheet. It uses system colours, which follow the page's `color-scheme`, so it defines no colours
 * for dark mode or forced colours. The dialog is dark only if the page's `color-scheme` allows dark. The logical
 * properties follow `dir`. A sentence keeps its own direction, even if its language is not the page's language.
 */

export const STYLE = `
:host {
  display: contents;
  --accent: var(--polar-license-accent, #2563eb);
  --on-accent: var(--polar-license-on-accent, #fff);
  --back: var(--polar-license-background, Canvas);
  --ink: var(--polar-license-text, CanvasText);
  --radius: var(--polar-license-radius, .875rem);
  --small: calc(var(--radius) * .57);
  --line: rgb(128 128 128 / .3);
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
dialog {
  inline-size: min(28rem, 100vw - 2rem);
  max-inline-size: none;
  max-block-size: calc(100vh - 2rem);
  margin: auto;
  padding: 1.5rem;
  overflow: auto;
  overscroll-behavior: contain;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--back);
  color: var(--ink);
  box-shadow: 0 1.25rem 3.5rem rgb(0 0 0 / .35);
  font: 400 1rem/1.45 var(--polar-license-font, system-ui, sans-serif);
  letter-spacing: normal;
  text-align: start;
  text-transform: none;
  white-space: normal;
  cursor: default;
}
dialog::backdrop { background: rgb(0 0 0 / .45); }
header { display: flex; align-items: center; justify-content: space-between; margin-block-end: 1rem; }
h2, p, dl, dd { margin: 0; }
p { unicode-bidi: plaintext; text-align: -webkit-match-parent; text-align: match-parent; }
h2 { font-size: 1.1875rem; font-weight: 650; line-height: 1.3; outline: none; }
.status { display: flex; gap: .875rem; align-items: center; }
.icon {
  position: relative;
  flex: none;
  display: grid;
  place-items: center;
  inline-size: 2.5rem;
  block-size: 2.5rem;
  border-radius: 50%;
  overflow: hidden;
  color: #737373;
}
.icon::before { content: ""; position: absolute; inset: 0; background: currentColor; opacity: .14; }
.icon svg, .close svg { fill: none; stroke: currentColor; stroke-width: 2.25; stroke-linecap: round; stroke-linejoin: round; }
.icon svg { inline-size: 1.375rem; block-size: 1.375rem; }
.icon path { display: none; }
.good { color: #16a34a; }
.waiting { color: #ca8a04; }
.bad { color: #dc2626; }
.good .good, .waiting .waiting, .bad .bad, .none .none { display: block; }
.busy::after {
  content: "";
  inline-size: 1.25rem;
  block-size: 1.25rem;
  border: 2.5px solid var(--line);
  border-block-start-color: var(--accent);
  border-radius: 50%;
}
.busy svg { display: none; }
.note { margin-block-start: .25rem; font-size: .875rem; opacity: .78; }
.note:empty, .error:empty { margin: 0; }
dl {
  display: grid;
  grid-template-columns: minmax(0, auto) minmax(50%, 1fr);
  gap: .4375rem 1.25rem;
  margin-block-start: 1.125rem;
  padding: .8125rem 1rem;
  border-radius: var(--small);
  background: rgb(128 128 128 / .1);
  font-size: .875rem;
}
dt { opacity: .78; overflow-wrap: anywhere; }
dd { text-align: end; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
form { margin-block-start: 1.125rem; }
label { display: block; margin-block-end: .375rem; font-size: .875rem; font-weight: 600; }
input {
  inline-size: 100%;
  min-block-size: 2.75rem;
  padding: 0 .75rem;
  border: 1px solid #808080;
  border-radius: var(--small);
  background: transparent;
  color: inherit;
  font: 400 1rem ui-monospace, Consolas, Menlo, monospace;
}
input[aria-invalid=true] { border-color: #dc2626; }
.hint { margin-block-start: .375rem; font-size: .8125rem; opacity: .78; }
.error {
  margin-block-start: .875rem;
  padding-inline-start: .75rem;
  border-inline-start: 3px solid #dc2626;
  font-size: .9375rem;
}
.error:empty { border: 0; }
.actions, footer { display: flex; flex-wrap: wrap; gap: .625rem; margin-block-start: 1.25rem; }
footer { gap: .5rem; padding-block-start: .875rem; border-block-start: 1px solid var(--line); }
ul { margin: .875rem 0 0; padding: 0; list-style: none; }
li {
  display: flex;
  align-items: center;
  justify-content: space-between;
  gap: 1rem;
  padding: .625rem 0;
  border-block-start: 1px solid var(--line);
}
li span { display: grid; gap: .125rem; overflow-wrap: anywhere; }
small { font-size: .8125rem; opacity: .78; }
[aria-busy=true] :is(button.main, li button, input) { opacity: .5; }
button, .link {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  min-block-size: 2.75rem;
  padding: .25rem 1.125rem;
  border: 1px solid transparent;
  border-radius: var(--small);
  background: rgb(128 128 128 / .18);
  color: inherit;
  font: inherit;
  font-weight: 500;
  text-align: center;
  text-decoration: none;
  cursor: pointer;
}
button:hover, .link:hover { background: rgb(128 128 128 / .3); }
.main, .main:hover { background: var(--accent); color: var(--on-accent); }
.main:hover { filter: brightness(1.1); }
.danger, .danger:hover { background: #c81e1e; color: #fff; }
footer :is(button, .link) { padding: .25rem .75rem; border-color: var(--line); background: none; font-size: .875rem; font-weight: 400; }
footer :is(button, .link):hover { background: rgb(128 128 128 / .18); }
.close {
  inline-size: 2.75rem;
  min-block-size: 2.75rem;
  margin-block: -.375rem;
  margin-inline-end: -.75rem;
  padding: 0;
  background: none;
  border-radius: 50%;
}
.close svg { inline-size: 1.125rem; stroke-width: 2; }
[aria-disabled=true] { opacity: .5; cursor: default; }
dd a { color: inherit; white-space: nowrap; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
h2:focus-visible, p:focus-visible { outline: none; }
@media (max-width: 30rem) {
  dialog {
    inline-size: 100vw;
    margin-block-end: 0;
    padding-block-end: max(1.5rem, env(safe-area-inset-bottom));
    border-width: 1px 0 0;
    border-radius: var(--radius) var(--radius) 0 0;
  }
  .actions > * { flex: 1 1 100%; min-block-size: 2.875rem; }
}
@media (prefers-reduced-motion: no-preference) {
  dialog[open] { animation: appear .18s ease-out; }
  .busy::after { animation: turn .9s linear infinite; }
}
@keyframes appear { from { opacity: 0; transform: translateY(.75rem); } }
@keyframes turn { to { transform: rotate(1turn); } }
`;
