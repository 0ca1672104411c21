/**
 * One ingest: its state, how far it is, what can be done with it, and its tasks.
 */

import { get, send } from "./api.js";
import { button, element } from "./element.js";
import { told } from "./problem.js";
import { href } from "./route.js";
import { count, counted, duration, minute, plain, second, size } from "./text.js";

const BUSY = ["queued", "processing"];
const STARTABLE = ["pending", "failed", "cancelled"];

/** The card of an ingest; `refresh()` of its view is called after each thing that was done. */
export class IngestCard {
  #ingest;
  #seen = "";
  #tasksSeen = "";
  #refreshAll;

  constructor(ingest, refreshAll) {
    this.id = ingest.id;
    this.#refreshAll = refreshAll;
    this.state = element("div");
    this.tasks = element("div", { class: "tasks" });
    this.tasks.hidden = true;
    this.trouble = element("div");
    this.host = element("li", { class: "card", "data-id": ingest.id }, this.state, this.trouble, this.tasks);
  }

  /** The status as the service names it. */
  get status() {
    return this.#ingest?.processing_status;
  }

  /** Whether something is going on. */
  get isBusy() {
    return BUSY.includes(this.status);
  }

  /** The file's name. */
  get name() {
    return plain(this.#ingest.file_name);
  }

  /** When it was registered, as ISO text. */
  get createdAt() {
    return this.#ingest.created_at;
  }

  /** Show what is known now; what has the focus keeps it. */
  update(ingest, engines) {
    this.#ingest = ingest;
    const seen = JSON.stringify([ingest, engines, this.tasks.hidden]);
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.engines = engines;
    const focused = this.state.contains(document.activeElement) ? document.activeElement.dataset.act : null;
    this.state.replaceChildren(...this.#lines(ingest, engines));
    if (focused) (this.state.querySelector(`[data-act="${focused}"]`) ?? this.state.querySelector("a")).focus();
  }

  /** Show or hide the tasks. */
  open(isOpen) {
    if (this.tasks.hidden !== isOpen) return;
    this.tasks.hidden = !isOpen;
    if (this.#ingest) this.update(this.#ingest, this.engines);
    if (isOpen) this.refresh();
  }

  /** Ask for the tasks. */
  async refresh() {
    if (this.tasks.hidden) return;
    try {
      const status = await get(`pst/${encodeURIComponent(this.id)}/status`);
      const seen = JSON.stringify(status);
      if (seen === this.#tasksSeen) return;
      this.#tasksSeen = seen;
      this.tasks.replaceChildren(taskTable(status.tasks ?? []), facts(status));
    } catch (error) {
      this.tasks.replaceChildren(told(error, () => this.refresh()));
    }
  }

  #lines(ingest, engines) {
    const about = [ingest.project_id, ingest.case_id, ingest.engine, size(ingest.size_bytes), minute(ingest.created_at)].filter(Boolean).map(plain).join(" · ");
    return [
      element("h3", {}, element("a", { href: href("ingests", this.tasks.hidden ? this.id : null), "data-act": "open", "aria-expanded": String(!this.tasks.hidden) },
        element("bdi", {}, this.name))),
      element("p", { class: "note" }, about),
      element("p", { class: "state" }, element("span", { class: `status ${ingest.processing_status}` }, ingest.is_stalled ? "stalled" : ingest.processing_status), " ", outcome(ingest)),
      this.isBusy && !ingest.is_stalled && progress(ingest),
      ingest.error_message && element("p", { class: "warning" }, ingest.error_message),
      ingest.is_stalled && element("p", { class: "warning" }, "Its worker was lost. Another takes it over as soon as the claim is free."),
      element("p", { class: "actions" }, ...this.#actions(ingest, engines)),
    ].filter(Boolean);
  }

  #actions(ingest, engines) {
    const act = (path) => async () => {
      this.trouble.replaceChildren();
      try {
        await send("POST", path);
      } catch (error) {
        this.trouble.replaceChildren(told(error));
      }
      this.#refreshAll();
    };
    const id = encodeURIComponent(this.id);
    const canStart = STARTABLE.includes(ingest.processing_status);
    const verb = ingest.processing_status === "pending" ? "Start" : "Start again";
    const fits = (engine) => engines[engine] && (!ingest.engine || ingest.engine === engine);
    return [
      ingest.total_emails > 0 && element("a", { href: href("messages", null, { ingest: this.id }), "data-act": "mails" }, "See its messages"),
      canStart && fits("v2") && button(`${verb} by v2`, act(`v2/pst/${id}/process`), { "data-act": "v2" }),
      canStart && fits("v1") && button(`${verb} by v1`, act(`pst/${id}/process`), { "data-act": "v1" }),
      [...BUSY, "pending"].includes(ingest.processing_status) && button("Cancel", act(`pst/${id}/cancel`), { "data-act": "cancel" }),
    ].filter(Boolean);
  }
}

function outcome(ingest) {
  if (ingest.processing_status !== "completed") return "";
  const errors = ingest.item_errors ? `, ${counted(ingest.item_errors, "item")} could not be read` : "";
  return `${counted(ingest.total_emails, "message")}, ${counted(ingest.total_attachments, "attachment")}${errors}`;
}

function progress(ingest) {
  const { phase, done, total } = phaseOf(ingest.progress);
  const words = phase ? `${phase}: ${count(done)}${total ? ` of ${count(total)}` : ""}` : ingest.processing_status === "queued" ? "waits for a worker" : "begins";
  const bar = element("progress", { "aria-label": "Progress", max: total || null, value: total ? Math.min(done, total) : null });
  return element("p", { class: "progress" }, bar, " ", element("span", {}, words));
}

function phaseOf(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

function taskTable(tasks) {
  if (tasks.length === 0) return element("p", { class: "note" }, "No task has begun.");
  const cells = (task) => [
    element("th", { scope: "row" }, task.name),
    element("td", {}, element("span", { class: `status ${task.state}` }, task.state)),
    element("td", { class: "number" }, duration(task.elapsed_s)),
    element("td", { class: "number" }, count(task.item_errors ?? 0)),
    element("td", {}, Object.entries(task.counts ?? {}).filter(([, number]) => number).map(([name, number]) => `${name.replaceAll("_", " ")} ${typeof number === "number" ? count(number) : number}`).join(", ")),
  ];
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Tasks" }, element("table", {},
    element("thead", {}, element("tr", {}, ...["Task", "State", "Took", "Item errors", "Counts"].map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, ...tasks.map((task) => element("tr", {}, ...cells(task))))));
}

function facts(status) {
  const lines = [["Id", status.id], ["SHA-256", status.sha256], ["Attempt", status.claim_attempt], ["Began", second(status.processing_started_at)],
    ["Ended", second(status.processing_completed_at)], ["At it", status.claim_owner]].filter(([, value]) => value);
  return element("dl", {}, ...lines.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, element("bdi", {}, plain(value)))]));
}
