/**
 * One row of the table of messages.
 */

import { element } from "./element.js";
import { minute, plain, senderOf, subjectOf } from "./text.js";

/** The cells of a row, in the order of the columns; `under` stands below the subject. */
export function cells(row, link, under) {
  return [
    cell("subject",
      element("span", { class: "line" }, marks(row),
        element("a", { href: link, tabindex: "-1", dir: "auto", title: subjectOf(row) }, subjectOf(row)), tags(row)), under),
    cell("from", element("bdi", { title: plain(row.from_address) }, plain(senderOf(row)))),
    cell("to", element("bdi", { title: row.to.map(plain).join(", ") }, recipients(row.to))),
    cell("sent", minute(row.sent_utc)),
    cell("folder", element("bdi", { title: plain(row.folder) }, plain(row.folder))),
    cell("files", row.attachment_count > 0
      && element("span", { "aria-label": `${row.attachment_count} attached` }, `📎 ${row.attachment_count}`)),
  ];
}

/** Where a search found it: the text around it, the matches marked. */
export function snippet(row) {
  const pieces = (row.snippet ?? []).map((piece) => (piece.is_match ? element("mark", {}, piece.text) : piece.text));
  const place = row.found_in === "attachment" ? "in an attachment: " : "";
  return element("span", { class: "snippet", dir: "auto" }, place && element("i", {}, place), ...pieces);
}

function cell(name, ...content) {
  return element("div", { role: "gridcell", class: name }, ...content);
}

function marks(row) {
  return [
    row.pinned_notes > 0 && element("span", { class: "pin", role: "img", "aria-label": "pinned note", title: "has a pinned note" }, "📌"),
    row.is_duplicate && element("span", { class: "badge", title: "the same as an earlier message" }, "duplicate"),
    row.is_embedded && element("span", { class: "badge", title: "attached to another message" }, "attached"),
  ];
}

function tags(row) {
  return (row.tags ?? []).map((tag) => element("bdi", { class: "tag" }, plain(tag)));
}

function recipients(to) {
  if (to.length === 0) return "";
  return to.length === 1 ? plain(to[0]) : `${plain(to[0])} and ${to.length - 1} more`;
}
