/**
 * The token that the service may ask for. It lives in this tab's session storage: it is gone when the tab is
 * closed, no other tab has it, and it is sent to this service alone.
 */

import { button, element, field } from "./element.js";

const KEY = "postroom.token";
let asking = null;
let isDeclined = false;

/** The token that was entered, or "". */
export function token() {
  return sessionStorage.getItem(KEY) ?? "";
}

/** Forget the token. */
export function forgetToken() {
  sessionStorage.removeItem(KEY);
}

/** Ask for a token; resolves to whether one was entered. Whoever asks meanwhile gets the same answer. */
export function askForToken() {
  asking ??= asked().finally(() => { asking = null; });
  return asking;
}

/**
 * Whether a call that was refused should be made again: there is another token than the one it `used`, or one
 * is entered now. Who said "not now" is not asked again by what the page does of itself.
 */
export async function hasBetterToken(used) {
  if (token() !== used) return true;
  return isDeclined ? false : askForToken();
}

function asked() {
  const wasRefused = token() !== "";
  return new Promise((resolve) => {
    const input = element("input", {
      id: "token", type: "password", autocomplete: "off", spellcheck: "false", required: true, "aria-describedby": "token-why",
    });
    const form = element(
      "form",
      { method: "dialog", on: { submit: () => { sessionStorage.setItem(KEY, input.value.trim()); } } },
      element("h2", { id: "token-title" }, "This service asks for a token"),
      wasRefused && element("p", { class: "problem", role: "alert" }, "The token was refused: it is not valid here, or no longer."),
      field("Token", input),
      element("p", { id: "token-why", class: "note" },
        "It was given to you by who runs the service. It is kept in this tab alone and is gone when you close it; it is never part of a link."),
      element("p", { class: "actions" }, element("button", { value: "entered", class: "main" }, "Go on"),
        button("Not now", () => dialog.close("none"))),
    );
    const dialog = element("dialog", { "aria-labelledby": "token-title" }, form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      isDeclined = dialog.returnValue !== "entered";
      resolve(!isDeclined);
    });
    document.getElementById("dialogs").append(dialog);
    dialog.showModal();
  });
}
