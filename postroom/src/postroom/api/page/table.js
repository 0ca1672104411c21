/**
 * The table of messages. Only the rows in sight are in the document, so it stays quick with hundreds of
 * thousands; the focus stays on the grid, which names its active row to screen readers.
 */

import { element, fill } from "./element.js";
import { told } from "./problem.js";
import { cells, snippet } from "./row.js";
import { counted } from "./text.js";

const OVERSCAN = 8;
const AHEAD = 60;
const NARROW_PX = 640;
// Heights in pixels, as app.css draws them: [plain, with a snippet].
const HEIGHTS = { wide: [34, 56], narrow: [60, 82] };
const LEADS = { wide: 60, narrow: 16 };
const COLUMNS = [
  { name: "subject", says: "Subject", sort: "subject" },
  { name: "from", says: "From", sort: "from_address" },
  { name: "to", says: "To" },
  { name: "sent", says: "Sent (UTC)", sort: "sent_utc" },
  { name: "folder", says: "Folder" },
  { name: "files", says: "Files" },
];

/** A grid over `Rows`; `onOpen(row)`, `onSort(column, order)` and `linkOf(row)` come from its view. */
export class MessageTable {
  #on;
  #rows = null;
  #active = -1;
  #opened = null;
  #drawn = new Map();
  #layout = "wide";
  #hasSnippets = false;
  #awaited = null;

  constructor(on) {
    this.#on = on;
    this.head = element("div", { role: "row", class: "row head", "aria-rowindex": "1" });
    this.body = element("div", { role: "rowgroup", class: "rows" });
    this.grid = element(
      "div",
      { role: "grid", class: "grid", tabindex: "0", "aria-label": "Messages", id: "grid",
        on: { scroll: () => this.#draw(), focus: () => this.#draw() } },
      element("div", { role: "rowgroup", class: "heads" }, this.head), this.body);
    this.foot = element("div", { class: "foot" });
    this.host = element("div", { class: "table" }, this.grid, this.foot);
    this.body.addEventListener("click", (event) => this.#clicked(event));
    new ResizeObserver(() => this.#measure()).observe(this.grid);
  }

  /** Show a list from its first row; the order of one that `isFixed` is the service's. */
  show(rows, { sort, order, isFixed, hasSnippets }) {
    this.#rows = rows;
    this.#active = -1;
    this.#hasSnippets = hasSnippets;
    this.#drawn.clear();
    this.body.replaceChildren();
    this.grid.scrollTop = 0;
    this.grid.classList.toggle("snippets", hasSnippets);
    this.head.replaceChildren(...COLUMNS.map((column) => this.#heading(column, sort, order, isFixed)));
    this.#draw();
  }

  /** The active row, or null. */
  get active() {
    return this.#rows?.rows[this.#active] ?? null;
  }

  /** Make the row `step` further the active one; gives it, or null at either end. */
  move(step) {
    const last = (this.#rows?.rows.length ?? 0) - 1;
    const next = Math.min(last, Math.max(0, this.#active + step));
    if (last < 0 || next === this.#active) return null;
    this.#activate(next);
    return this.active;
  }

  /** Mark the message that is open; it becomes the active row if it is among the rows. */
  open(id) {
    this.#opened = id;
    const index = id && this.active?.id !== id ? this.#rows?.indexOf(id) ?? -1 : -1;
    if (index >= 0) this.#activate(index);
    else if (id === null && this.#active >= 0) this.#activate(this.#active);
    else this.#redraw();
  }

  /** Change what is known of a message, wherever it stands. */
  update(id, changes) {
    for (const row of this.#rows?.rows ?? []) if (row.id === id) Object.assign(row, changes);
    this.#redraw();
  }

  #heading({ name, says, sort }, sorted, order, isFixed) {
    const cell = element("div", { role: "columnheader", class: name });
    const isSorted = sort === sorted;
    const next = isSorted && order === "asc" ? "desc" : isSorted || sort !== "sent_utc" ? "asc" : "desc";
    if (isSorted) cell.setAttribute("aria-sort", order === "asc" ? "ascending" : "descending");
    if (!sort || isFixed) cell.append(says);
    else cell.append(element("button", { type: "button", on: { click: () => this.#on.onSort(sort, next) } }, says));
    return cell;
  }

  #activate(index) {
    this.#active = index;
    const height = this.#height;
    const top = index * height;
    const seen = this.grid.clientHeight - this.head.offsetHeight;
    if (top < this.grid.scrollTop) this.grid.scrollTop = top;
    else if (top + height > this.grid.scrollTop + seen) this.grid.scrollTop = top + height - seen;
    this.#redraw();
  }

  get #height() {
    return HEIGHTS[this.#layout][this.#hasSnippets ? 1 : 0];
  }

  #measure() {
    const layout = this.grid.clientWidth < NARROW_PX ? "narrow" : "wide";
    this.grid.classList.toggle("narrow", layout === "narrow");
    this.#layout = layout;
    this.#redraw();
  }

  #redraw() {
    this.#drawn.clear();
    this.#draw();
  }

  #draw() {
    if (!this.#rows) return;
    const { rows, total } = this.#rows;
    const height = this.#height;
    this.body.style.height = `${rows.length * height}px`;
    this.grid.setAttribute("aria-rowcount", String((total ?? rows.length) + 1));
    const first = Math.max(0, Math.floor(this.grid.scrollTop / height) - OVERSCAN);
    const last = Math.min(rows.length, Math.ceil((this.grid.scrollTop + this.grid.clientHeight) / height) + OVERSCAN);
    const shown = new Map();
    for (let index = first; index < last; index += 1) shown.set(index, this.#drawn.get(index) ?? this.#row(index));
    if (shown.size !== this.#drawn.size || [...shown.keys()].some((index) => !this.#drawn.has(index))) {
      this.body.replaceChildren(...shown.values());
    }
    this.#drawn = shown;
    if (shown.has(this.#active)) this.grid.setAttribute("aria-activedescendant", `row-${this.#active}`);
    else this.grid.removeAttribute("aria-activedescendant");
    if (last + AHEAD > rows.length) this.#more();
  }

  #row(index) {
    const row = this.#rows.rows[index];
    const made = element(
      "div",
      { role: "row", id: `row-${index}`, class: "row", "aria-rowindex": index + 2, "data-index": index, "data-id": row.id,
        "aria-selected": index === this.#active ? "true" : "false" },
      cells(row, this.#on.linkOf(row), this.#hasSnippets ? snippet(row, LEADS[this.#layout]) : null));
    made.classList.toggle("open", row.id === this.#opened);
    made.style.top = `${index * this.#height}px`;
    made.style.height = `${this.#height}px`;
    return made;
  }

  #clicked(event) {
    const row = event.target.closest("[data-index]");
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.#activate(Number(row.dataset.index));
    this.#on.onOpen(this.active);
  }

  // Nobody waits for it: whatever comes of it is told in the foot of the table.
  async #more() {
    const rows = this.#rows;
    if (rows.isComplete || rows.isCut || rows.error || rows === this.#awaited) return;
    this.#awaited = rows;
    this.foot.replaceChildren(element("p", {}, "Loading …"));
    this.grid.setAttribute("aria-busy", "true");
    await rows.more();
    if (rows !== this.#rows) return;
    this.#awaited = null;
    if (this.#active < 0 && this.#opened) this.#active = rows.indexOf(this.#opened);
    this.grid.removeAttribute("aria-busy");
    this.#tell(rows);
    if (!rows.error) this.#draw();
  }

  #tell(rows) {
    if (rows.error) {
      this.foot.replaceChildren(told(rows.error, () => { rows.error = null; this.#more(); }));
      return;
    }
    const number = rows.rows.length;
    const text = rows.isComplete || number === rows.total
      ? counted(rows.total ?? number, "message")
      : `${counted(rows.total, "message")}, ${number.toLocaleString("en")} loaded`;
    const cut = rows.isCut ? ". More cannot be shown: narrow the list, or turn its order round" : "";
    const warning = rows.warning && element("p", { class: "warning" }, rows.warning);
    if (rows.isComplete && number === 0) fill(this.foot, warning, this.#on.empty());
    else fill(this.foot, warning, element("p", { role: "status" }, text + cut));
  }
}
