/**
 * The notes on a message. A pinned note stands at the top of it, and the list marks the message.
 */

import { send } from "./api.js";
import { button, element, field, icon } from "./element.js";
import { told } from "./problem.js";
import { say } from "./status.js";
import { plain, second } from "./text.js";

/** The notes of an item; `onChange(notes)` is called after each change. */
export class Notes {
  #path;
  #notes;
  #onChange;

  constructor(item, onChange) {
    this.#path = `items/${encodeURIComponent(item.id)}/notes`;
    this.#notes = item.notes ?? [];
    this.#onChange = onChange;
    this.pinnedHost = element("div", { class: "pinned" });
    this.list = element("ul", { class: "notes" });
    this.trouble = element("div");
    this.text = element("textarea", { id: "note", rows: "3", dir: "auto", required: true });
    this.pin = element("input", { id: "note-pin", type: "checkbox" });
    const form = element("form", { on: { submit: (event) => this.#add(event), keydown: submitByKey } },
      field("New note", this.text, "Ctrl+Enter keeps it."),
      element("p", { class: "actions" }, element("button", { class: "main" }, "Keep note"),
        element("label", { for: "note-pin" }, this.pin, " Pin it to the top")));
    this.host = element("section", { "aria-labelledby": "notes-title" }, element("h3", { id: "notes-title" }, "Notes"),
      this.list, form, this.trouble);
    this.#draw();
  }

  /** Put the cursor into the new note. */
  write() {
    this.text.focus();
    this.text.scrollIntoView({ block: "nearest" });
  }

  async #add(event) {
    event.preventDefault();
    const body = this.text.value.trim();
    if (!body) return;
    await this.#tried(async () => {
      this.#notes.push(await send("POST", this.#path, { body, pinned: this.pin.checked }));
      this.text.value = "";
      this.pin.checked = false;
      this.text.blur();
    }, "The note is kept");
  }

  #change(note, content, says) {
    return this.#tried(async () => {
      const path = `${this.#path}/${encodeURIComponent(note.id)}`;
      const changed = await send("PUT", path, { body: note.body, pinned: note.pinned, ...content });
      this.#notes = this.#notes.map((one) => (one.id === note.id ? changed : one));
    }, says);
  }

  #remove(note) {
    return this.#tried(async () => {
      await send("DELETE", `${this.#path}/${encodeURIComponent(note.id)}`);
      this.#notes = this.#notes.filter((one) => one.id !== note.id);
    }, "The note is gone");
  }

  async #tried(act, says) {
    this.trouble.replaceChildren();
    try {
      await act();
    } catch (error) {
      this.trouble.replaceChildren(told(error));
      return;
    }
    this.#draw();
    this.#onChange(this.#notes);
    say(says);
  }

  #draw() {
    const pinned = this.#notes.filter((note) => note.pinned);
    this.pinnedHost.replaceChildren(...pinned.map((note) => element("div", { class: "note-card", dir: "auto" }, icon("pin"), " ", note.body)));
    const none = element("li", { class: "note" }, "No notes yet: press ", element("kbd", {}, "n"), " to write one.");
    this.list.replaceChildren(...(this.#notes.length ? this.#notes.map((note) => this.#card(note)) : [none]));
  }

  #card(note) {
    const card = element("li", { class: "note-card" });
    const pin = button(note.pinned ? "Unpin" : "Pin", () => this.#change(note, { pinned: !note.pinned }, note.pinned ? "The note is unpinned" : "The note is pinned"), { "aria-pressed": String(note.pinned) });
    card.append(
      element("p", { class: "words", dir: "auto" }, note.body),
      element("p", { class: "note" }, element("bdi", {}, plain(note.author)), `, ${second(note.created_at)}`,
        note.updated_at !== note.created_at ? `, changed ${second(note.updated_at)}` : ""),
      element("p", { class: "actions" }, pin, button("Change", () => this.#edit(note, card)), button("Remove", () => this.#ask(note, card))));
    return card;
  }

  #edit(note, card) {
    const text = element("textarea", { id: `note-${note.id}`, rows: "3", dir: "auto", required: true });
    text.value = note.body;
    const keep = (event) => {
      event.preventDefault();
      if (text.value.trim()) this.#change(note, { body: text.value.trim() }, "The note is changed");
    };
    card.replaceChildren(element("form", { on: { submit: keep, keydown: submitByKey } }, field("Change the note", text),
      element("p", { class: "actions" }, element("button", { class: "main" }, "Keep"), button("Leave it", () => this.#draw()))));
    text.focus();
  }

  #ask(note, card) {
    const sure = button("Yes, remove", () => this.#remove(note), { class: "danger" });
    card.append(element("p", { class: "actions", role: "group", "aria-label": "Remove this note?" }, "Remove this note? ", sure, button("No", () => this.#draw())));
    sure.focus();
  }
}

function submitByKey(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
}
