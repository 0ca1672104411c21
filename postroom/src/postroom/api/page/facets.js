/**
 * Folders and tags beside the list, each with its count: choosing one narrows the list.
 */

import { get } from "./api.js";
import { element } from "./element.js";
import { told } from "./problem.js";
import { href } from "./route.js";
import { count, plain } from "./text.js";

/** The column of folders, tags and pins. */
export class Facets {
  #known = null;
  #params = {};

  constructor() {
    this.lists = element("div", { class: "lists" });
    this.host = element("aside", { class: "facets", "aria-label": "Narrow the list" },
      element("details", { id: "facets" }, element("summary", {}, "Folders and tags"), this.lists));
    const isWide = matchMedia("(min-width: 900px)");
    const open = () => { this.host.firstChild.open = isWide.matches; };
    isWide.addEventListener("change", open);
    open();
  }

  /** Mark what the list is narrowed to; folders and tags are fetched once. */
  async show(params) {
    this.#params = params;
    if (this.#known) this.#draw();
    else await this.refresh();
  }

  /** Fetch folders and tags anew. */
  async refresh() {
    try {
      const [folders, tags] = await Promise.all([get("folders"), get("tags")]);
      this.#known = { folders, tags };
      this.#draw();
    } catch (error) {
      this.lists.replaceChildren(told(error, () => this.refresh()));
    }
  }

  #draw() {
    const { folders, tags } = this.#known;
    const { folder, tag, pinned } = this.#params;
    const own = [
      link("All messages", null, !folder && !tag && !pinned, this.#without("folder", "tag", "pinned", "thread")),
      link("With pinned notes", null, Boolean(pinned), this.#listed({ pinned: pinned ? null : "true" })),
    ];
    const byTag = tags.map((one) => link(plain(one.tag), one.count, one.tag === tag, this.#listed({ tag: one.tag === tag ? null : one.tag })));
    const names = folders.map((one) => one.folder);
    const byFolder = folders.map((one) => link(
      plain(below(one.folder, names)), one.count, one.folder === folder,
      { ...this.#without("thread"), folder: one.folder === folder ? null : one.folder }, depth(one.folder, names), plain(one.folder)));
    this.lists.replaceChildren(
      list("List", own), byTag.length ? list("Tags", byTag) : "", byFolder.length ? list("Folders", byFolder) : "");
  }

  // Tags and pins narrow the list and not a search, which the service cannot narrow by them.
  #listed(change) {
    const { sort, order, folder } = this.#params;
    return { sort, order, folder, tag: this.#params.tag, pinned: this.#params.pinned, ...change };
  }

  #without(...names) {
    return Object.fromEntries(Object.entries(this.#params).filter(([name]) => !names.includes(name)));
  }
}

function list(title, links) {
  return element("section", {}, element("h2", {}, title), element("ul", {}, ...links.map((one) => element("li", {}, one))));
}

function link(says, number, isCurrent, params, indent = 0, title = null) {
  const made = element("a", { href: href("messages", null, params), "aria-current": isCurrent ? "true" : null, title },
    element("bdi", {}, says || "(no name)"), number === null ? "" : element("span", { class: "count" }, count(number)));
  made.style.paddingInlineStart = `${0.5 + indent * 0.75}rem`;
  return made;
}

function parents(folder, names) {
  return names.filter((name) => name && folder.startsWith(`${name}/`));
}

function depth(folder, names) {
  return Math.min(parents(folder ?? "", names).length, 8);
}

function below(folder, names) {
  const above = parents(folder ?? "", names).sort((a, b) => b.length - a.length)[0];
  return above ? folder.slice(above.length + 1) : folder;
}
