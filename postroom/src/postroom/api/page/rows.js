/**
 * The rows of a list, fetched page by page as they are needed.
 */

// Browsers draw nothing below about 16 million pixels; who needs row 400,001 narrows the list or turns it round.
const MOST_ROWS = 400_000;

/** The rows of one list. `load(after, signal)` gives `{rows, next, total, warning}`. */
export class Rows {
  #load;
  #next = null;
  #pending = null;
  #stop = new AbortController();

  constructor(load) {
    this.#load = load;
    this.rows = [];
    this.total = null;
    this.isComplete = false;
    this.error = null;
    this.warning = null;
  }

  /** Whether rows were left out since no page could show them. */
  get isCut() {
    return !this.isComplete && this.rows.length >= MOST_ROWS;
  }

  /** Fetch the next page; who asks while one is on its way gets that one. What goes wrong is `error`. */
  more() {
    if (this.isComplete || this.isCut) return Promise.resolve();
    this.#pending ??= this.#page().finally(() => { this.#pending = null; });
    return this.#pending;
  }

  /** Nobody looks at this list any more. */
  discard() {
    this.#stop.abort();
  }

  /** The place of an item among the rows so far, or -1. */
  indexOf(id) {
    return this.rows.findIndex((row) => row.id === id);
  }

  async #page() {
    try {
      const { rows, next, total, warning = null } = await this.#load(this.#next, this.#stop.signal);
      for (const row of rows) this.rows.push(row);
      this.total = total;
      this.warning = warning;
      this.#next = next;
      this.isComplete = !next;
    } catch (error) {
      if (!this.#stop.signal.aborted) this.error = error;
    }
  }
}
