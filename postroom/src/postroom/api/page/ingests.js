/**
 * The view of ingests: upload, and every ingest of the source with what it is doing.
 */

import { get } from "./api.js";
import { button, element } from "./element.js";
import { IngestCard } from "./ingest.js";
import { nothing, told } from "./problem.js";
import { say } from "./status.js";
import { UploadPanel } from "./upload.js";

const PAGE = 50;
const BUSY_MS = 1000;
const IDLE_MS = 10_000;

/** The view; `onMail()` is called when an ingest has ended, since mails have come. */
export class IngestsView {
  #onMail;
  #cards = new Map();
  #next = null;
  #timer = 0;
  #isShown = false;
  #open = null;
  #engines = { v1: false, v2: true };

  constructor({ onMail }) {
    this.#onMail = onMail;
    this.upload = new UploadPanel(() => this.refresh());
    this.list = element("ol", { class: "cards" });
    this.empty = element("div");
    this.trouble = element("div");
    this.older = button("Show older ingests", () => this.#more());
    this.older.hidden = true;
    this.host = element("div", { class: "ingests" }, element("h1", {}, "Ingests"), this.upload.host,
      element("section", { "aria-labelledby": "list-title" }, element("h2", { id: "list-title" }, "What was uploaded"),
        this.trouble, this.empty, this.list, this.older));
  }

  /** Show the list, and the details of the ingest that the address names. */
  show(route) {
    const wasShown = this.#isShown;
    this.#isShown = true;
    this.#open = route.id;
    document.title = "Ingests · Postroom";
    for (const card of this.#cards.values()) card.open(card.id === this.#open);
    if (!wasShown) this.#start();
    else if (route.id) this.refresh();
  }

  /** Nobody looks: nothing is asked any more. */
  hide() {
    this.#isShown = false;
    clearTimeout(this.#timer);
  }

  /** Ask again, now; then as often as something is going on. */
  async refresh() {
    clearTimeout(this.#timer);
    try {
      const { ingests, next } = await get("pst", { limit: PAGE });
      this.trouble.replaceChildren();
      this.#take(ingests);
      if (this.#cards.size <= ingests.length) this.#next = next;
      this.older.hidden = !this.#next;
      await this.#cards.get(this.#open)?.refresh();
    } catch (error) {
      this.trouble.replaceChildren(told(error, () => this.refresh()));
    }
    clearTimeout(this.#timer);
    if (!this.#isShown) return;
    const isBusy = [...this.#cards.values()].some((card) => card.isBusy);
    this.#timer = setTimeout(() => (document.hidden ? this.#whenSeen() : this.refresh()), isBusy ? BUSY_MS : IDLE_MS);
  }

  async #start() {
    try {
      this.#engines = (await get("health")).processors_available;
    } catch {
      // The list below asks the same service and tells what is wrong with it.
    }
    this.upload.offer(this.#engines);
    await this.refresh();
  }

  #whenSeen() {
    document.addEventListener("visibilitychange", () => this.#isShown && this.refresh(), { once: true });
  }

  async #more() {
    try {
      const { ingests, next } = await get("pst", { limit: PAGE, after: this.#next });
      this.#next = next;
      this.#take(ingests);
      this.older.hidden = !next;
    } catch (error) {
      this.trouble.replaceChildren(told(error, () => this.#more()));
    }
  }

  #take(ingests) {
    for (const ingest of ingests) {
      const known = this.#cards.get(ingest.id);
      const before = known?.status;
      const card = known ?? this.#made(ingest);
      card.update(ingest, this.#engines);
      if (before && before !== card.status) this.#ended(card);
    }
    const all = [...this.#cards.values()].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
    if (all.some((card, index) => this.list.children[index] !== card.host)) this.list.replaceChildren(...all.map((card) => card.host));
    this.empty.replaceChildren(all.length ? "" : nothing("Nothing was uploaded yet.", "Choose a PST file above, or drop one anywhere on this page."));
  }

  #made(ingest) {
    const card = new IngestCard(ingest, () => this.refresh());
    this.#cards.set(ingest.id, card);
    card.open(ingest.id === this.#open);
    return card;
  }

  #ended(card) {
    say(`${card.name}: ${card.status}`);
    if (card.status === "completed") this.#onMail();
  }
}
