/**
 * The view of messages: what narrows the list, the list, and the message that is open.
 */

import { get } from "./api.js";
import { button, element } from "./element.js";
import { Facets } from "./facets.js";
import { MessagePane } from "./message.js";
import { nothing } from "./problem.js";
import { parse } from "./query.js";
import { go, href } from "./route.js";
import { Rows } from "./rows.js";
import { say } from "./status.js";
import { MessageTable } from "./table.js";
import { counted, plain } from "./text.js";

const PAGE = 200;
const ORDERS = ["sent_utc desc", "sent_utc asc", "subject asc", "subject desc", "from_address asc", "from_address desc"].map((one) => one.split(" "));
const ORDER_NAMES = { sent_utc: "date", subject: "subject", from_address: "sender" };
const FILTERS = { folder: "Folder", tag: "Tag", pinned: "Pinned notes", thread: "One thread", ingest: "One ingest" };

/** The view; made once, shown again for each address. */
export class MessagesView {
  #route = { params: {} };
  #key = null;
  #rows = null;

  constructor() {
    this.facets = new Facets();
    this.table = new MessageTable({
      onOpen: (row) => this.open(row),
      onSort: (sort, order) => go("messages", this.#route.id, { ...this.#route.params, sort, order }),
      linkOf: (row) => href("messages", row.id, this.#route.params),
      empty: () => this.#empty(),
    });
    this.chips = element("p", { class: "chips" });
    this.pane = new MessagePane({
      onClose: () => this.close(),
      onChange: (id, changes) => {
        this.table.update(id, changes);
        if (changes.tags) this.facets.refreshTags();
      },
      linkTo: (id, params = this.#route.params) => href("messages", id, params),
    });
    this.host = element("div", { class: "messages" }, element("h1", { class: "unseen" }, "Messages"), this.facets.host,
      element("section", { class: "list", "aria-label": "List of messages" }, this.chips, this.table.host),
      this.pane.host);
  }

  /** Show what the address says. */
  show(route) {
    this.#route = route;
    const key = JSON.stringify(Object.entries(route.params).sort());
    if (key !== this.#key) this.#list(key, route.params);
    this.host.classList.toggle("has-open", Boolean(route.id));
    this.table.open(route.id);
    this.pane.show(route.id, route.params);
  }

  /** The list is fetched anew when it is shown next: mails have come. */
  forget() {
    this.#key = null;
    this.facets.refresh();
  }

  /** Move in the list; an open message gives way to the next. */
  move(step) {
    const row = this.table.move(step);
    if (row && this.#route.id) go("messages", row.id, this.#route.params, { replace: true });
  }

  /** Open a message, by default the active one; the focus goes to it. */
  open(row = this.table.active ?? this.table.move(1)) {
    if (!row) return;
    this.pane.takesFocus();
    if (row.id === this.#route.id) this.pane.focus();
    else go("messages", row.id, this.#route.params);
  }

  /** Close what is open; the focus goes back to the list. */
  close() {
    if (this.#route.id) go("messages", null, this.#route.params);
    this.table.grid.focus();
  }

  /** Order the list by the next column, or the same one the other way round. */
  nextOrder() {
    const { q, sort = "sent_utc", order = "desc" } = this.#route.params;
    if (q) return;
    const place = ORDERS.findIndex(([column, way]) => column === sort && way === order);
    const [column, way] = ORDERS[(place + 1) % ORDERS.length];
    say(`By ${ORDER_NAMES[column]}, ${way === "asc" ? "ascending" : "descending"}`);
    go("messages", this.#route.id, { ...this.#route.params, sort: column, order: way });
  }

  #list(key, params) {
    this.#key = key;
    this.#rows?.discard();
    const isSearch = Boolean(params.q);
    const sort = params.sort ?? "sent_utc";
    const order = params.order ?? "desc";
    this.#rows = new Rows(isSearch ? searching(params) : listing(params, sort, order));
    this.table.show(this.#rows, { sort: isSearch ? "sent_utc" : sort, order: isSearch ? "desc" : order, isFixed: isSearch, hasSnippets: isSearch });
    this.facets.show(params);
    this.#showChips(params);
  }

  #showChips(params) {
    const chips = Object.keys(FILTERS).filter((name) => params[name]).map((name) => {
      const value = name === "folder" || name === "tag" ? `: ${plain(params[name])}` : "";
      const rest = { ...params, [name]: null };
      return button(`${FILTERS[name]}${value} ✕`, () => go("messages", null, rest), { class: "chip", "aria-label": `Remove: ${FILTERS[name]}${value}` });
    });
    const search = params.q && button("Leave the search ✕", () => go("messages", null, { ...params, q: null }), { class: "chip" });
    this.chips.replaceChildren(...[search, ...chips].filter(Boolean));
    this.chips.hidden = this.chips.childElementCount === 0;
  }

  #empty() {
    const { params } = this.#route;
    const isNarrowed = params.q || Object.keys(FILTERS).some((name) => params[name]);
    if (!isNarrowed) {
      return nothing("There is no mail here yet.", element("a", { href: href("ingests") }, "Upload a PST file"), " (", element("kbd", {}, "u"), ") and start it.");
    }
    const all = element("a", { href: href("messages") }, "see all messages");
    if (!params.q) return nothing("No message is left.", "Take a filter away above, or ", all, ".");
    return nothing("Nothing matches.", "All words have to occur in one message or attachment: try fewer, or ", all, ".");
  }
}

function listing(params, sort, order) {
  const { folder, tag, pinned, thread, ingest } = params;
  const query = { limit: PAGE, sort, order, folder, tag, pinned, thread_id: thread, pst_file_id: ingest };
  return async (after, signal) => {
    const { items, next, total } = await get("items", { ...query, after }, signal);
    return { rows: items, next, total };
  };
}

function searching(params) {
  const query = { folder: params.folder, ...parse(params.q).params, limit: PAGE };
  return async (after, signal) => {
    const { hits, next, total, unindexed } = await get("search", { ...query, after }, signal);
    const warning = unindexed ? `${counted(unindexed, "ingest")} without an index: nothing of that mail can be found` : null;
    return { rows: hits, next, total, warning };
  };
}
