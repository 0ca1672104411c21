/**
 * Short words about what was done, seen at the foot of the page and read out by screen readers.
 */

const SHOWN_MS = 6000;
let timer = 0;

/** Say it; a second saying takes the place of the first. */
export function say(text) {
  const line = document.getElementById("said");
  line.textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => { line.textContent = ""; }, SHOWN_MS);
}
