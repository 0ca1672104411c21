/**
 * The search box.
 */

import { parse } from "./query.js";
import { current, go } from "./route.js";

const box = () => document.getElementById("words");
const note = () => document.getElementById("search-note");

/** Listen to the search box. */
export function startSearch() {
  document.getElementById("search").addEventListener("submit", (event) => {
    event.preventDefault();
    const q = box().value.trim();
    const { faults } = parse(q);
    tellFaults(faults);
    if (faults.length) return;
    const { folder } = current().params;
    go("messages", null, q ? { q, folder } : { folder });
    document.getElementById("grid")?.focus();
  });
}

/** Put the search of the address into the box. */
export function showSearch({ params }) {
  box().value = params.q ?? "";
  tellFaults(parse(params.q ?? "").faults);
}

/** Put the cursor into the box, all of it chosen. */
export function focusSearch() {
  box().focus();
  box().select();
}

function tellFaults(faults) {
  note().textContent = faults.join(". ");
  note().hidden = faults.length === 0;
  box().setAttribute("aria-invalid", faults.length ? "true" : "false");
}
