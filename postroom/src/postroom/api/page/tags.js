/**
 * The tags of a message.
 */

import { get, send } from "./api.js";
import { button, element } from "./element.js";
import { told } from "./problem.js";
import { say } from "./status.js";
import { plain } from "./text.js";

const LONGEST = 100;

/** The tags of an item; `onChange(tags)` is called after each change. */
export class Tags {
  #path;
  #tags;
  #onChange;

  constructor(item, onChange) {
    this.#path = `items/${encodeURIComponent(item.id)}/tags`;
    this.#tags = item.tags ?? [];
    this.#onChange = onChange;
    this.chips = element("span", { class: "chips" });
    this.trouble = element("div");
    this.known = element("datalist", { id: "known-tags" });
    this.input = element("input", { id: "tag", list: "known-tags", maxlength: LONGEST, autocomplete: "off", dir: "auto", placeholder: "new tag" });
    this.input.addEventListener("focus", () => this.#offer(), { once: true });
    const form = element("form", { class: "tagform", on: { submit: (event) => this.#add(event) } },
      element("label", { for: "tag", class: "unseen" }, "New tag"), this.input, this.known, element("button", {}, "Add"));
    this.host = element("section", { class: "tags", "aria-label": "Tags" }, this.chips, form, this.trouble);
    this.#draw();
  }

  /** Put the cursor into the new tag. */
  write() {
    this.input.focus();
    this.input.scrollIntoView({ block: "nearest" });
  }

  async #add(event) {
    event.preventDefault();
    const tag = this.input.value.trim();
    if (!tag) return;
    if (this.#tags.includes(tag)) {
      say(`${tag} is there already`);
      this.input.value = "";
      return;
    }
    if (await this.#keep([...this.#tags, tag], `Tagged: ${tag}`)) {
      this.input.value = "";
      this.input.blur();
    }
  }

  async #keep(tags, says) {
    this.trouble.replaceChildren();
    try {
      await send("PUT", this.#path, tags);
    } catch (error) {
      this.trouble.replaceChildren(told(error));
      return false;
    }
    this.#tags = tags;
    this.#draw();
    this.#onChange(tags);
    say(says);
    return true;
  }

  #draw() {
    this.chips.replaceChildren(...this.#tags.map((tag) => element("span", { class: "tag" }, element("bdi", {}, plain(tag)),
      button("✕", () => this.#keep(this.#tags.filter((one) => one !== tag), `No longer tagged: ${tag}`), { "aria-label": `Remove the tag ${plain(tag)}` }))));
  }

  async #offer() {
    try {
      const tags = await get("tags");
      this.known.replaceChildren(...tags.map(({ tag }) => element("option", { value: tag })));
    } catch {
      // Tags can be written without being offered; what is wrong shows when one is kept.
    }
  }
}
