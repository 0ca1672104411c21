/**
 * The keys. A single letter does something only outside of fields, and all of them can be switched off.
 */

import { button, element } from "./element.js";

const OFF = "postroom.keys.off";
const FIELDS = "input, textarea, select, [contenteditable]";
let bindings = [];
let isHeld = () => false;

/**
 * Bind `{keys, says, act}`; the first whose key it is gets the event, and may refuse it by giving false. While
 * `held()` says so, letters do nothing.
 */
export function bind(all, held) {
  bindings = all;
  isHeld = held;
  document.addEventListener("keydown", pressed);
}

/** A key was pressed, here or in the frame of a body. */
export function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const isField = Boolean(event.target.closest?.(FIELDS));
  if (isField && event.key !== "Escape") return;
  const isLetter = event.key.length === 1;
  if (isLetter && (isHeld() || localStorage.getItem(OFF))) return;
  const found = bindings.find(({ keys }) => keys.includes(event.key));
  if (found && found.act(event) !== false) event.preventDefault();
}

/** Show what the keys do. */
export function showKeys() {
  const on = element("input", { id: "keys-on", type: "checkbox" });
  on.checked = !localStorage.getItem(OFF);
  on.addEventListener("change", () => (on.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
  const lines = bindings.filter(({ says }) => says).map(({ keys, says }) => element("tr", {},
    element("th", { scope: "row" }, keys.map((key) => [element("kbd", {}, NAMES[key] ?? key), " "]).flat()), element("td", {}, says)));
  const dialog = element("dialog", { "aria-labelledby": "keys-title" },
    element("h2", { id: "keys-title" }, "Keys"),
    element("table", { class: "keys" }, element("tbody", {}, ...lines)),
    element("p", {}, element("label", { for: "keys-on" }, on, " Single letters do something (switch this off if you talk to your computer)")),
    element("p", { class: "actions" }, button("Close", () => dialog.close(), { class: "main" })));
  dialog.addEventListener("close", () => dialog.remove());
  document.getElementById("dialogs").append(dialog);
  dialog.showModal();
}

const NAMES = { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc" };
