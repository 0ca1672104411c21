/**
 * One row of the table of messages.
 */

import { element, icon } from "./element.js";
import { counted, leaf, minute, nameOf, plain, senderOf, subjectOf } from "./text.js";

/** The cells of a row, in the order of the columns; `under` stands below the subject. */
export function cells(row, link, under) {
  return [
    cell("subject",
      element("span", { class: "line" }, marks(row),
        element("a", { href: link, tabindex: "-1", dir: "auto", title: subjectOf(row) }, subjectOf(row)), tags(row)), under),
    cell("from", element("bdi", { title: plain(row.from_address) }, plain(senderOf(row)))),
    cell("to", recipients(row.to)),
    cell("sent", minute(row.sent_utc)),
    cell("folder", element("bdi", { title: plain(row.folder) }, leaf(row.folder))),
    cell("files", row.attachment_count > 0
      && element("span", {}, icon("clip", counted(row.attachment_count, "attachment")), ` ${row.attachment_count}`)),
  ];
}

/** Where a search found it: the text around it, the matches marked, at most `lead` characters before the first. */
export function snippet(row, lead) {
  const pieces = (row.snippet ?? []).map(({ text, is_match: isMatch }, index) => {
    if (isMatch) return element("mark", {}, text);
    const letters = index === 0 ? [...text] : [];
    return letters.length > lead ? `…${letters.slice(-lead).join("")}` : text;
  });
  const place = row.found_in === "attachment" ? "in an attachment: " : "";
  return element("span", { class: "snippet", dir: "auto" }, place && element("i", {}, place), ...pieces);
}

function cell(name, ...content) {
  return element("div", { role: "gridcell", class: name }, ...content.flat());
}

function marks(row) {
  return [
    row.pinned_notes > 0 && icon("pin", "has a pinned note"),
    row.is_duplicate && element("span", { class: "badge", title: "the same as an earlier message" }, "duplicate"),
    row.is_embedded && element("span", { class: "badge", title: "attached to another message" }, "attached"),
  ];
}

function tags(row) {
  return (row.tags ?? []).map((tag) => element("bdi", { class: "tag" }, plain(tag)));
}

function recipients(to) {
  if (to.length === 0) return "";
  const first = element("bdi", { title: to.map(plain).join(", ") }, nameOf(to[0]));
  return [first, to.length > 1 && ` and ${to.length - 1} more`];
}
