/**
 * Builds elements. Text is always text: nothing that is given here is ever parsed as HTML.
 */

const OWN_LINK = /^(#|blob:|attachments\/)/;
const NEVER = /^(on|style$|srcdoc$|src$|srcset$|action$|formaction$)/i;

/**
 * An element with attributes and children; strings become text nodes, null and false are left out.
 *
 * `on` holds listeners by event name. A link that leads out of this service is refused.
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") listen(made, value);
    else if (value !== null && value !== undefined && value !== false) attribute(made, name, value);
  }
  fill(made, ...children);
  return made;
}

/** Put children in place of those that an element has; what is null or false is left out. */
export function fill(host, ...children) {
  host.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
}

/** A small picture of the page's own; `label` is what it says to those who do not see it. */
export function icon(name, label = null) {
  return element("span", { class: `icon ${name}`, ...(label ? { role: "img", "aria-label": label, title: label } : { "aria-hidden": "true" }) });
}

/** A button with a label; it never submits a form. */
export function button(label, act, attributes = {}) {
  return element("button", { type: "button", ...attributes, on: { click: act } }, label);
}

/** A labelled field: the label and the control, in that order. */
export function field(label, control, hint = null) {
  const note = hint ? element("small", { id: `${control.id}-hint` }, hint) : null;
  if (note) control.setAttribute("aria-describedby", note.id);
  return element("p", { class: "field" }, element("label", { for: control.id }, label), control, note);
}

function attribute(made, name, value) {
  if (NEVER.test(name)) throw new TypeError(`the attribute ${name} is never set from here`);
  if (name === "href" && !OWN_LINK.test(value)) throw new TypeError("a link that leads out of this service");
  made.setAttribute(name, value === true ? "" : String(value));
}

function listen(made, listeners) {
  for (const [event, act] of Object.entries(listeners)) made.addEventListener(event, act);
}
