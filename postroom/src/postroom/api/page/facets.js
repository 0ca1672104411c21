/**
 * Folders and tags beside the list, each with its count: choosing one narrows the list.
 */

import { get } from "./api.js";
import { element } from "./element.js";
import { told } from "./problem.js";
import { href } from "./route.js";
import { count, parts, plain } from "./text.js";

const DEEPEST = 4;

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

  /** Fetch the tags anew: one was given or taken away. */
  async refreshTags() {
    if (!this.#known) return;
    try {
      this.#known.tags = await get("tags");
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
    const byFolder = labelled(folders).map(({ one, label, depth }) => link(
      plain(label), one.count, one.folder === folder,
      { ...this.#without("thread"), folder: one.folder === folder ? null : one.folder }, depth, plain(one.folder)));
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

/** Each folder with what is left of its path below the nearest folder that is listed, and how deep that is. */
function labelled(folders) {
  const paths = folders.map((one) => ({ one, path: parts(one.folder) }));
  const root = paths.length > 1 && paths.every(({ path }) => path.length > 1 && path[0] === paths[0].path[0]) ? 1 : 0;
  const above = [];
  return paths.map(({ one, path }) => {
    while (above.length && !isBelow(path, above.at(-1))) above.pop();
    const label = path.slice(above.at(-1)?.length ?? root).join(" / ");
    const depth = Math.min(above.length, DEEPEST);
    above.push(path);
    return { one, label, depth };
  });
}

function isBelow(path, other) {
  return path.length > other.length && other.every((part, index) => part === path[index]);
}
