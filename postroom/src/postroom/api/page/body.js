/**
 * The body of a message as HTML, as text, and its transport headers, each behind a tab.
 */

import { button, element } from "./element.js";
import { pressed } from "./keys.js";
import { mailFrame } from "./mail_frame.js";
import { Tabs } from "./tabs.js";
import { count } from "./text.js";

const KEY = "postroom.form";
const FIRST_CHARACTERS = 200_000;

/** The tabs of a message, with `host`, `next()` and `stop()`. */
export function bodyTabs(item) {
  let frame = null;
  const html = () => {
    frame = mailFrame(item.body_html, pressed);
    return frame.host;
  };
  const tabs = [
    item.body_html && { id: "html", says: "HTML", draw: html },
    { id: "text", says: "Text", draw: () => text(item.body_text, "This message has no text.") },
    item.headers && { id: "headers", says: "Headers", draw: () => text(item.headers, "", "headers") },
  ].filter(Boolean);
  const made = new Tabs("Forms of the body", tabs, sessionStorage.getItem(KEY), (id) => sessionStorage.setItem(KEY, id));
  return { host: made.host, next: () => made.next(), stop: () => frame?.stop() };
}

function text(content, ifNone, kind = "body") {
  if (!content) return element("p", { class: "note" }, ifNone);
  const shown = element("pre", { class: `text ${kind}`, dir: "auto" }, content.slice(0, FIRST_CHARACTERS));
  if (content.length <= FIRST_CHARACTERS) return shown;
  const rest = button(`Show the other ${count(content.length - FIRST_CHARACTERS)} characters`, () => {
    shown.append(content.slice(FIRST_CHARACTERS));
    rest.remove();
  });
  return element("div", {}, shown, rest);
}
