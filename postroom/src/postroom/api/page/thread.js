/**
 * The conversation that a message belongs to, indented by who answers whom.
 */

import { element } from "./element.js";
import { counted, minute, plain, subjectOf } from "./text.js";

const DEEPEST = 8;

/** The thread as a list, or nothing for a message that is alone. */
export function thread(item, linkTo) {
  const all = item.thread ?? [];
  if (all.length < 2) return null;
  const lines = ordered(all).map(({ one, depth }) => line(one, depth, one.id === item.id, linkTo));
  return element("section", { class: "thread", "aria-labelledby": "thread-title" },
    element("h3", { id: "thread-title" }, counted(all.length, "message"), " in this thread"),
    element("ol", {}, ...lines),
    item.thread_id && element("p", {}, element("a", { href: linkTo(item.id, { thread: item.thread_id }) }, "Show them as the list")));
}

function line(one, depth, isOpen, linkTo) {
  const link = element("a", { href: linkTo(one.id), "aria-current": isOpen ? "true" : null, dir: "auto" }, subjectOf(one));
  const made = element("li", {}, link, element("span", { class: "note" }, element("bdi", {}, plain(one.from_address)), ` ${minute(one.sent_utc)}`));
  made.style.paddingInlineStart = `${Math.min(depth, DEEPEST)}rem`;
  return made;
}

/** Parents before their answers, by time among equals; a parent that is not here counts as none. */
function ordered(all) {
  const byTime = [...all].sort((a, b) => String(a.sent_utc ?? "").localeCompare(String(b.sent_utc ?? "")));
  const known = new Set(all.map((one) => one.id));
  const answers = Map.groupBy(byTime, (one) => (known.has(one.parent_id) ? one.parent_id : null));
  const found = [];
  const waiting = (answers.get(null) ?? []).map((one) => ({ one, depth: 0 })).reverse();
  while (waiting.length) {
    const next = waiting.pop();
    found.push(next);
    waiting.push(...(answers.get(next.one.id) ?? []).map((one) => ({ one, depth: next.depth + 1 })).reverse());
  }
  return found;
}
