/**
 * Shows the HTML body of a mail. The service has sanitised it already; here it is built anew, element by
 * element, from a list of what may be there, into a frame that runs no script and loads nothing.
 */

import { bytes } from "./api.js";
import { element } from "./element.js";

const KEPT = new Set(`a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn
  div dl dt em details figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li mark main nav ol p pre q s samp section
  small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr`.split(/\s+/));
const DROPPED = new Set(`script style svg math template noscript iframe frame frameset object embed applet head title meta link base
  form input button select option textarea audio video source track canvas dialog portal`.split(/\s+/));
const ATTRIBUTES = new Set(`align valign bgcolor color face size width height border cellpadding cellspacing colspan rowspan dir
  lang title alt start nowrap`.split(/\s+/));
const STYLES = `color background-color font-family font-size font-style font-weight font-variant line-height letter-spacing
  text-align text-decoration-line text-indent text-transform white-space vertical-align direction width height max-width
  margin-top margin-right margin-bottom margin-left padding-top padding-right padding-bottom padding-left
  border-top-width border-right-width border-bottom-width border-left-width border-top-style border-right-style
  border-bottom-style border-left-style border-top-color border-right-color border-bottom-color border-left-color
  border-collapse border-spacing list-style-type display min-width word-break word-spacing overflow-wrap`.split(/\s+/);
// Nothing in a value may name a resource: url(), image-set(), var(), attr() and whatever comes next all have a bracket.
const RESOURCE = /\((?!\s*[\d.,%\s/]*\))|\\|expression/i;
const COLOUR = /^(?:rgb|rgba|hsl|hsla)\([\d.,%\s/deg]*\)$/i;
const OWN_PICTURE = /^\/?attachments\/[0-9a-f-]{36}\/content$/i;
const DATA_PICTURE = /^data:(image\/(?:png|jpeg|gif|webp));base64,([A-Za-z0-9+/=\s]*)$/i;
const PICTURE = /^image\/(png|jpeg|gif|webp|bmp|avif)$/i;
const TALLEST_PX = 60_000;
const FRAME = '<!doctype html><html lang=""><head><meta charset="utf-8"><title>Body</title><link rel="stylesheet" href="page/mail.css"></head><body dir="auto"></body></html>';

/** The frame with the body in it, and the links of it as text. Keys pressed in it go to `onKey`. */
export function mailFrame(html, onKey) {
  const frame = element("iframe", { class: "mail", sandbox: "allow-same-origin", title: "Body of the message", referrerpolicy: "no-referrer", "aria-busy": "true" });
  frame.srcdoc = FRAME;
  const links = element("div");
  const host = element("div", {}, frame, links);
  const stop = new AbortController();
  frame.addEventListener("load", () => fill(frame, html, links, stop.signal, onKey), { once: true });
  return { host, stop: () => stop.abort() };
}

function fill(frame, html, links, signal, onKey) {
  const target = frame.contentDocument;
  const found = [];
  const source = new DOMParser().parseFromString(html, "text/html");
  target.body.append(...copies(source.body.childNodes, { target, found, signal }));
  target.addEventListener("keydown", onKey);
  const measure = () => { frame.style.height = `${Math.min(TALLEST_PX, target.documentElement.scrollHeight + 2)}px`; };
  new ResizeObserver(measure).observe(target.body);
  measure();
  frame.removeAttribute("aria-busy");
  if (found.length) links.append(linkList(found));
}

function copies(nodes, context) {
  return [...nodes].flatMap((node) => {
    if (node.nodeType === Node.TEXT_NODE) return [context.target.createTextNode(node.data)];
    if (node.nodeType !== Node.ELEMENT_NODE) return [];
    const name = node.localName;
    if (DROPPED.has(name) || node.namespaceURI !== "http://www.w3.org/1999/xhtml") return [];
    if (!KEPT.has(name)) return copies(node.childNodes, context);
    return [copy(node, name, context)];
  });
}

function copy(node, name, context) {
  if (name === "img") return picture(node, context);
  const made = context.target.createElement(name);
  for (const { name: attribute, value } of node.attributes) if (ATTRIBUTES.has(attribute)) made.setAttribute(attribute, value);
  styled(made, node.getAttribute("style"));
  if (name === "a") linked(made, node, context);
  made.append(...copies(node.childNodes, context));
  return made;
}

// Through CSSOM: the page's policy refuses style attributes, and only named properties with harmless values are taken over.
function styled(made, style) {
  if (!style) return;
  const scratch = document.createElement("span").style;
  scratch.cssText = style;
  for (const property of STYLES) {
    const value = scratch.getPropertyValue(property);
    if (value && (COLOUR.test(value) || !RESOURCE.test(value))) made.style.setProperty(property, value);
  }
}

// A link is shown and not followed: a click must not tell its target that somebody reads this mail.
function linked(made, node, { found }) {
  const address = node.getAttribute("href");
  if (!address) return;
  made.classList.add("link");
  made.title = address;
  found.push({ says: node.textContent.trim(), address });
}

function picture(node, { target, signal }) {
  const address = node.getAttribute("src") ?? "";
  const says = node.getAttribute("alt") || "picture";
  const missing = target.createElement("span");
  missing.className = "missing";
  missing.textContent = `[${says}: not loaded]`;
  const path = address.split(/[?#]/)[0];
  const [, type, data] = DATA_PICTURE.exec(address) ?? [];
  if (!type && !OWN_PICTURE.test(path)) return missing;
  missing.textContent = `[${says} …]`;
  load(() => (type ? decoded(type, data) : bytes(path.replace(/^\//, ""), signal)), node, missing, says);
  return missing;
}

// The page's policy lets no picture be data: it becomes one by the same way as an attachment.
function decoded(type, data) {
  return new Blob([Uint8Array.from(atob(data.replace(/\s/g, "")), (it) => it.charCodeAt(0))], { type });
}

async function load(fetched, node, missing, says) {
  try {
    const blob = await fetched();
    if (!PICTURE.test(blob.type.split(";")[0])) throw new TypeError("not a picture");
    const address = URL.createObjectURL(blob);
    const made = missing.ownerDocument.createElement("img");
    made.alt = says;
    for (const name of ["width", "height", "align"]) if (node.getAttribute(name)) made.setAttribute(name, node.getAttribute(name));
    made.addEventListener("load", () => URL.revokeObjectURL(address));
    made.src = address;
    missing.replaceWith(made);
  } catch {
    missing.textContent = `[${says}: could not be loaded]`;
  }
}

function linkList(found) {
  const lines = found.map(({ says, address }) => element("li", {}, element("bdi", {}, says || "(no text)"), " → ", element("code", {}, address)));
  return element("details", { class: "links" },
    element("summary", {}, `${found.length} link${found.length === 1 ? "" : "s"}, not followed`), element("ul", {}, ...lines));
}
