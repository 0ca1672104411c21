/**
 * The attachments of a message: open a message in it, save a file, see why a text could not be read.
 */

import { bytes, pathTo } from "./api.js";
import { element } from "./element.js";
import { told } from "./problem.js";
import { counted, plain, size } from "./text.js";
import { token } from "./token.js";

/** The list; pictures inside the body stand apart, folded. */
export function attachments(item, linkTo) {
  const all = item.attachments ?? [];
  if (all.length === 0) return null;
  const [inline, own] = [all.filter((one) => one.is_inline), all.filter((one) => !one.is_inline)];
  const list = (some) => element("ul", {}, ...some.map((one) => line(one, linkTo)));
  return element("section", { class: "attachments", "aria-labelledby": "attachments-title" },
    element("h3", { id: "attachments-title" }, counted(own.length || all.length, "attachment")),
    own.length > 0 && list(own),
    inline.length > 0 && element("details", { open: own.length === 0 }, element("summary", {}, `${inline.length} inside the body`), list(inline)));
}

function line(one, linkTo) {
  const name = plain(one.file_name) || "(no name)";
  const about = element("span", { class: "note" }, [plain(one.mime_type), one.embedded_item_id ? "" : size(one.size_bytes)].filter(Boolean).join(", "));
  const made = element("li", {}, target(one, name, linkTo), " ", about);
  if (one.document?.status === "FAILED") {
    made.append(element("p", { class: "warning" }, `Not searchable: ${one.document.error_message ?? "its text could not be read"}`));
  }
  return made;
}

function target(one, name, linkTo) {
  if (one.embedded_item_id) {
    return element("a", { href: linkTo(one.embedded_item_id), class: "embedded" }, element("bdi", {}, name), " (open the message)");
  }
  if (!one.attachment_hash) return element("span", {}, element("bdi", {}, name), " (no content in the mail)");
  const path = `attachments/${encodeURIComponent(one.id)}/content`;
  const link = element("a", { href: pathTo(path), download: safe(name) }, element("bdi", {}, name));
  link.addEventListener("click", (event) => {
    if (!token()) return;
    event.preventDefault();
    save(link, path, name);
  });
  return link;
}

// A link cannot carry the token: the bytes are fetched with it and saved from here.
async function save(link, path, name) {
  link.setAttribute("aria-busy", "true");
  try {
    const address = URL.createObjectURL(await bytes(path));
    element("a", { href: address, download: safe(name) }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  } catch (error) {
    link.after(told(error));
  } finally {
    link.removeAttribute("aria-busy");
  }
}

function safe(name) {
  return name.replace(/[\\/:*?"<>|⟨⟩]/g, "_");
}
