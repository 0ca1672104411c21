/**
 * What else is known of a message: identifiers, hashes, and values that were recorded about it.
 */

import { element } from "./element.js";
import { plain } from "./text.js";

/** The details, folded. */
export function details(item) {
  const { hashes = {}, meta = {} } = item;
  const lines = [
    ["Id", item.id], ["Ingest", item.pst_file_id], ["Message-ID", item.message_id], ["Class", item.message_class],
    ["Categories", written(item.categories)],
    ...Object.entries(hashes).map(([name, value]) => [name, value ?? "none: a part of it could not be read"]),
    ...Object.entries(meta).filter(([name]) => name !== "tags").map(([name, value]) => [name, written(value)]),
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  return element("details", { class: "details" }, element("summary", {}, "Identifiers and hashes"),
    element("dl", {}, ...lines.flatMap(([name, value]) => [element("dt", {}, plain(name)), element("dd", {}, element("bdi", {}, plain(value)))])));
}

function written(value) {
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}
