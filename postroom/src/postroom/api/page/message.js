/**
 * The message that is open: who, when, where; body; attachments; thread; tags and notes.
 */

import { get } from "./api.js";
import { attachments } from "./attachments.js";
import { bodyTabs } from "./body.js";
import { details } from "./details.js";
import { button, element, fill } from "./element.js";
import { Notes } from "./notes.js";
import { told } from "./problem.js";
import { Tags } from "./tags.js";
import { plain, second, senderOf, subjectOf } from "./text.js";
import { thread } from "./thread.js";

/** The pane; `onClose()`, `onChange(id, changes)` and `linkTo(id, params)` come from its view. */
export class MessagePane {
  #on;
  #id = null;
  #stop = new AbortController();
  #wanted = null;
  #body = null;

  constructor(on) {
    this.#on = on;
    this.content = element("div", { class: "content" });
    this.host = element("section", { class: "pane", "aria-label": "Message", id: "message" }, this.content);
    this.host.hidden = true;
  }

  /** The next message that is shown takes the focus. */
  takesFocus() {
    this.#wanted = "subject";
  }

  /** Whether somebody is about to write into a message that is on its way: what is typed is no command. */
  get isAwaited() {
    return this.#wanted === "note" || this.#wanted === "tag";
  }

  /** Put the focus on the subject. */
  focus() {
    this.#wanted = null;
    this.host.querySelector("h2")?.focus();
  }

  /** Show the message of that id; null closes the pane. */
  async show(id) {
    if (id === this.#id) return;
    this.#id = id;
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#body?.stop();
    this.#body = null;
    this.host.hidden = id === null;
    if (id === null) {
      this.content.replaceChildren();
      document.title = "Messages · Postroom";
      return;
    }
    await this.#load(id, this.#stop.signal);
  }

  /** Put the cursor into a new note, as soon as the message is there. */
  writeNote() {
    this.#write("note");
  }

  /** Put the cursor into a new tag, as soon as the message is there. */
  writeTag() {
    this.#write("tag");
  }

  /** Change between the forms of the body. */
  nextForm() {
    this.#body?.next();
  }

  #write(what) {
    this.#wanted = this.#id ? what : null;
    if (!this.host.hasAttribute("aria-busy")) this.#turn();
  }

  #turn() {
    const wanted = this.#wanted;
    this.#wanted = null;
    if (wanted === "subject") this.focus();
    else if (wanted === "note") this.notes?.write();
    else if (wanted === "tag") this.tags?.write();
  }

  async #load(id, signal) {
    this.host.setAttribute("aria-busy", "true");
    try {
      const item = await get(`items/${encodeURIComponent(id)}`, {}, signal);
      if (!signal.aborted) this.#draw(item);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.notes = this.tags = null;
      this.content.replaceChildren(this.#bar(null), told(error, () => this.#load(id, signal)));
    } finally {
      if (!signal.aborted) this.host.removeAttribute("aria-busy");
    }
    if (!signal.aborted) this.#turn();
  }

  #draw(item) {
    document.title = `${subjectOf(item)} · Postroom`;
    this.tags = new Tags(item, (tags) => this.#on.onChange(item.id, { tags }));
    this.notes = new Notes(item, (notes) => this.#on.onChange(item.id, { pinned_notes: notes.filter((note) => note.pinned).length }));
    this.#body = bodyTabs(item);
    fill(
      this.content, this.#bar(item),
      element("h2", { tabindex: "-1", dir: "auto" }, subjectOf(item)),
      this.#head(item), this.tags.host, this.notes.pinnedHost, attachments(item, this.#on.linkTo), this.#body.host,
      thread(item, this.#on.linkTo), this.notes.host, details(item));
    this.host.scrollTop = 0;
  }

  #bar(item) {
    return element("p", { class: "panebar" },
      button("← Back", () => this.#on.onClose(), { "aria-keyshortcuts": "Escape" }),
      item && button("Note", () => this.writeNote(), { "aria-keyshortcuts": "n" }),
      item && button("Tag", () => this.writeTag(), { "aria-keyshortcuts": "t" }));
  }

  #head(item) {
    const lines = [
      ["From", [sender(item)]],
      ["To", item.to],
      ["Cc", item.cc ?? []],
      ["Bcc", item.bcc ?? []],
      ["Sent", item.sent_utc ? [second(item.sent_utc)] : ["no date"]],
      ["Received", item.received_utc ? [second(item.received_utc)] : []],
      ["Folder", item.folder ? [item.folder] : []],
    ];
    const marks = [item.is_duplicate && "the same as an earlier message", item.is_embedded && "attached to another message",
      IMPORTANCE[item.importance]].filter(Boolean);
    return element("dl", { class: "head" },
      ...lines.filter(([, values]) => values.length).flatMap(([name, values]) => [element("dt", {}, name), element("dd", {}, people(values))]),
      ...(marks.length ? [element("dt", {}, "Marks"), element("dd", {}, marks.join(", "))] : []));
  }
}

const FEW = 12;
// PidTagImportance: 1 is normal and not worth a word.
const IMPORTANCE = { 0: "low importance", 2: "high importance" };

function people(values) {
  const listed = (some) => some.flatMap((value, index) => [index ? "; " : "", element("bdi", {}, plain(value))]);
  if (values.length <= FEW) return listed(values);
  return [...listed(values.slice(0, FEW)), element("details", { class: "more" },
    element("summary", {}, `and ${values.length - FEW} more`), ...listed(values.slice(FEW)))];
}

function sender(item) {
  const { sender_name: name, from_address: address } = item;
  return name && address && name !== address ? `${name} <${address}>` : senderOf(item);
}
