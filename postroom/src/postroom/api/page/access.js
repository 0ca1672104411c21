/**
 * Which source is read, from which service, and with which token.
 */

import { get, sourceOfAnswers } from "./api.js";
import { button, element, field } from "./element.js";
import { told } from "./problem.js";
import { current, go } from "./route.js";
import { askForToken, forgetToken, token } from "./token.js";
import { say } from "./status.js";

/** Show the dialog of source and token; `changed` is called after a change of the token. */
export async function showAccess(changed) {
  const input = element("input", {
    id: "source", autocomplete: "off", spellcheck: "false", maxlength: "40", pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]{0,39}",
  });
  input.value = current().params.source ?? "";
  input.placeholder = sourceOfAnswers() ?? "";
  const facts = element("div", { class: "facts" });
  const dialog = element(
    "dialog",
    { "aria-labelledby": "access-title" },
    element("form", { method: "dialog", on: { submit: () => choose(input.value.trim()) } },
      element("h2", { id: "access-title" }, "Source and token"),
      facts,
      field("Source", input, "One body of mail. Empty: the one that the service was started with. It is part of every link from here."),
      element("p", { class: "actions" }, element("button", { class: "main" }, "Use it"), ...tokenButtons(() => dialog.close(), changed),
        button("Close", () => dialog.close()))),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.getElementById("dialogs").append(dialog);
  dialog.showModal();
  facts.replaceChildren(await serviceFacts());
}

function choose(source) {
  const { view, params } = current();
  const { q, sort, order } = params;
  go(view, null, { q, sort, order, source: source || null });
}

function tokenButtons(close, changed) {
  const enter = async () => {
    close();
    if (await askForToken()) changed();
  };
  const forget = () => {
    forgetToken();
    close();
    say("The token is forgotten");
    changed();
  };
  return token()
    ? [button("Another token", enter), button("Forget the token", forget)]
    : [button("Enter a token", enter)];
}

async function serviceFacts() {
  try {
    const health = await get("health");
    const { v1, v2 } = health.processors_available;
    const engines = [v1 && "v1", v2 && "v2"].filter(Boolean).join(" and ") || "none";
    return element("dl", {},
      element("dt", {}, "Source now"), element("dd", {}, health.source_id ?? "none chosen"),
      element("dt", {}, "Archive"), element("dd", {}, health.backend.backend === "sqlite" ? "SQLite" : "PostgreSQL"),
      element("dt", {}, "Engines"), element("dd", {}, engines),
      element("dt", {}, "Version"), element("dd", {}, health.version));
  } catch (error) {
    return told(error);
  }
}
