/**
 * The reader page: puts the views together and binds the keys.
 */

import { showAccess } from "./access.js";
import { IngestsView } from "./ingests.js";
import { bind, showKeys } from "./keys.js";
import { MessagesView } from "./messages.js";
import { current, go, href, onChange, tell } from "./route.js";
import { focusSearch, showSearch, startSearch } from "./search.js";

const main = document.getElementById("main");
let messages = null;
let ingests = null;
let source = null;

function show(route) {
  if (source !== (route.params.source ?? "")) renew(route.params.source ?? "");
  const view = route.view === "ingests" ? ingests : messages;
  const other = view === ingests ? messages : ingests;
  if (main.firstChild !== view.host) main.replaceChildren(view.host);
  other.hide?.();
  for (const link of document.querySelectorAll("nav [data-view]")) {
    link.href = href(link.dataset.view);
    if (link.dataset.view === route.view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  showSearch(route);
  view.show(route);
}

// Another source, or another token: nothing of what was shown may stay.
function renew(name) {
  ingests?.hide();
  source = name;
  messages = new MessagesView();
  ingests = new IngestsView({ onMail: () => messages.forget() });
}

function again() {
  renew(source);
  tell();
}

const inMessages = (act) => () => current().view === "messages" && act();
const step = (by) => inMessages(() => messages.move(by));
const page = () => Math.max(1, Math.floor((document.getElementById("grid")?.clientHeight ?? 0) / 40));
const inGrid = (event) => event.target === messages.table.grid;

bind([
  { keys: ["/"], says: "search", act: focusSearch },
  { keys: ["j", "ArrowDown"], says: "next message", act: (event) => (event.key === "j" || inGrid(event)) && step(1)() },
  { keys: ["k", "ArrowUp"], says: "message before", act: (event) => (event.key === "k" || inGrid(event)) && step(-1)() },
  { keys: ["PageDown"], act: (event) => inGrid(event) && step(page())() },
  { keys: ["PageUp"], act: (event) => inGrid(event) && step(-page())() },
  { keys: ["End"], act: (event) => inGrid(event) && step(Infinity)() },
  { keys: ["Home"], act: (event) => inGrid(event) && step(-Infinity)() },
  { keys: ["Enter"], says: "open the message", act: (event) => isFree(event) && inMessages(() => messages.open())() },
  { keys: ["o"], act: inMessages(() => messages.open()) },
  { keys: ["Escape"], says: "back: out of a field, out of a message, out of a search", act: back },
  { keys: ["n"], says: "write a note", act: inMessages(() => messages.pane.writeNote()) },
  { keys: ["t"], says: "add a tag", act: inMessages(() => messages.pane.writeTag()) },
  { keys: ["v"], says: "HTML, text, headers", act: inMessages(() => messages.pane.nextForm()) },
  { keys: ["s"], says: "order the list: the next column, or the other way round", act: inMessages(() => messages.nextOrder()) },
  { keys: ["u"], says: "upload", act: () => { go("ingests"); ingests.upload.focus(); } },
  { keys: ["m"], says: "messages", act: () => { go("messages"); messages.table.grid.focus(); } },
  { keys: ["i"], says: "ingests", act: () => { go("ingests"); main.focus(); } },
  { keys: ["?"], says: "these keys", act: showKeys },
], () => messages.pane.isAwaited);

// Enter on a button or a link is theirs.
function isFree(event) {
  return !event.target.closest("a, button, summary, [role=tab]");
}

function back(event) {
  const { view, id, params } = current();
  if (event.target.closest("input, textarea, select")) {
    event.target.blur();
    return focusAfterField();
  }
  if (view === "ingests") return go(id ? "ingests" : "messages");
  if (id) return messages.close();
  if (params.q) return go("messages", null, { folder: params.folder });
  return false;
}

function focusAfterField() {
  const { view, id } = current();
  if (view === "ingests") main.focus();
  else if (id) messages.pane.focus();
  else messages.table.grid.focus();
}

document.getElementById("skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
document.getElementById("keys").addEventListener("click", showKeys);
document.getElementById("access").addEventListener("click", () => showAccess(again));
addEventListener("dragover", (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  document.body.classList.add("dropping");
});
addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("dropping"); });
addEventListener("drop", (event) => {
  document.body.classList.remove("dropping");
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  go("ingests");
  ingests.upload.add(event.dataTransfer.files);
});

startSearch();
onChange(show);
tell();
if (current().view === "messages" && !current().id) messages.table.grid.focus();
