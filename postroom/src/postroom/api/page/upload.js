/**
 * Uploads PST files and has them started, one after the other.
 */

import { send } from "./api.js";
import { button, element, field } from "./element.js";
import { Problem, told } from "./problem.js";
import { say } from "./status.js";
import { count, plain, size } from "./text.js";
import { sendFile } from "./transfer.js";

const SIGNATURE = [0x21, 0x42, 0x44, 0x4e]; // "!BDN", MS-PST 2.2.2.6
const PROJECT = "[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}";
const LAST_PROJECT = "postroom.project";
const WAYS = [
  ["switch", "by the switch", "The service decides, as it does for its other imports."],
  ["v2", "by v2", "The compiled extractor and the staged pipeline."],
  ["v1", "by v1", "Row by row. It reads less, and slower; it is on its way out."],
  ["none", "not yet", "Upload only."],
];

/** The panel; `onChange()` is called when something reached the service. */
export class UploadPanel {
  #onChange;
  #waiting = [];
  #isSending = false;

  constructor(onChange) {
    this.#onChange = onChange;
    this.files = element("input", { id: "files", type: "file", accept: ".pst,.ost", multiple: true, on: { change: () => { this.add(this.files.files); this.files.value = ""; }, keydown: (event) => this.#key(event) } });
    this.project = element("input", { id: "project", required: true, pattern: PROJECT, maxlength: "64", autocomplete: "off", spellcheck: "false" });
    this.project.value = localStorage.getItem(LAST_PROJECT) ?? "default";
    this.case = element("input", { id: "case", maxlength: "64", autocomplete: "off", spellcheck: "false" });
    this.ways = element("fieldset", { class: "ways" });
    this.queue = element("ul", { class: "queue", "aria-label": "Files to upload" });
    this.go = element("button", { class: "main" }, "Upload");
    this.form = element("form", { on: { submit: (event) => this.#submit(event) } },
      element("p", { class: "drop" }, element("label", { for: "files" }, "PST files"), this.files, element("span", { class: "note" }, "or drop them anywhere on this page")),
      this.queue, element("div", { class: "fields" }, field("Project", this.project), field("Case (may be empty)", this.case)), this.ways,
      element("p", { class: "actions" }, this.go));
    this.host = element("section", { class: "upload", "aria-labelledby": "upload-title" }, element("h2", { id: "upload-title" }, "Upload"), this.form);
    this.offer({ v1: false, v2: true });
    this.#count();
  }

  /** Put the focus on the button that chooses files. */
  focus() {
    this.files.focus();
    this.host.scrollIntoView({ block: "nearest" });
  }

  /** Offer the engines that the service has. */
  offer(engines) {
    const chosen = this.form.elements.way?.value || "switch";
    const ways = WAYS.filter(([id]) => engines[id] !== false);
    this.ways.replaceChildren(element("legend", {}, "Start it"), ...ways.map(([id, says, about]) => {
      const radio = element("input", { type: "radio", name: "way", value: id, id: `way-${id}` });
      radio.checked = id === chosen;
      return element("label", { for: radio.id, title: about }, radio, ` ${says} `);
    }));
    if (!this.form.elements.way.value) this.form.elements.way.value = "switch";
  }

  /** Take files into the queue; what is no PST file is told at once. */
  async add(files) {
    for (const file of [...files]) {
      const upload = { file, key: newKey(), host: element("li", {}) };
      this.queue.append(upload.host);
      this.#draw(upload, "");
      if (!(await isPst(file))) this.#refused(upload, notPst(file));
      else this.#waiting.push(upload);
    }
    this.#count();
    this.go.focus();
  }

  // Enter on the button that chooses files chooses files: sending the form without one helps nobody.
  #key(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    this.files.click();
  }

  #submit(event) {
    event.preventDefault();
    if (this.#waiting.length === 0) {
      this.focus();
      say("Choose a file first");
      return;
    }
    localStorage.setItem(LAST_PROJECT, this.project.value);
    const chosen = { project_id: this.project.value, case_id: this.case.value.trim() || null, way: this.form.elements.way.value };
    for (const upload of this.#waiting) upload.chosen ??= chosen;
    this.#sendAll();
  }

  async #sendAll() {
    if (this.#isSending) return;
    this.#isSending = true;
    let upload;
    while ((upload = this.#waiting.find((one) => one.chosen))) {
      this.#waiting.splice(this.#waiting.indexOf(upload), 1);
      this.#count();
      await this.#one(upload);
    }
    this.#isSending = false;
  }

  async #one(upload) {
    const stop = new AbortController();
    const bar = element("progress", { max: upload.file.size, value: 0, "aria-label": `Upload of ${plain(upload.file.name)}` });
    const words = element("span", {}, "0 %");
    this.#draw(upload, bar, " ", words, " ", button("Stop", () => stop.abort()));
    const onProgress = (sent) => {
      bar.value = sent;
      words.textContent = sent < upload.file.size ? `${Math.floor((100 * sent) / upload.file.size)} %, ${size(sent)}` : "the service checks it …";
    };
    try {
      const { project_id, case_id, way } = upload.chosen;
      const query = { project_id, case_id, file_name: upload.file.name };
      const made = upload.made ?? await sendFile(way === "switch" ? "imports" : "pst", query, upload, onProgress, stop.signal);
      upload.made = made;
      if (way === "v1" || way === "v2") await send("POST", `${way === "v2" ? "v2/" : ""}pst/${encodeURIComponent(made.id)}/process`);
      upload.host.remove();
      say(`${plain(upload.file.name)} is uploaded`);
    } catch (error) {
      if (error.name === "AbortError") upload.host.remove();
      else this.#refused(upload, error, () => this.#again(upload));
    }
    this.#onChange();
  }

  // With the same key: what did arrive the first time is not taken twice.
  #again(upload) {
    this.#waiting.push(upload);
    this.#draw(upload, "");
    this.#sendAll();
  }

  #refused(upload, error, again = null) {
    this.#draw(upload, told(error, again), button("Take it off the list", () => upload.host.remove()));
  }

  #draw(upload, ...state) {
    upload.host.replaceChildren(element("p", {}, element("bdi", {}, plain(upload.file.name)), ` ${size(upload.file.size)}`), ...state);
  }

  #count() {
    const number = this.#waiting.length;
    this.go.textContent = number > 1 ? `Upload ${count(number)} files` : "Upload";
  }
}

async function isPst(file) {
  try {
    const first = new Uint8Array(await file.slice(0, SIGNATURE.length).arrayBuffer());
    return SIGNATURE.every((byte, index) => first[index] === byte);
  } catch {
    return false;
  }
}

function notPst(file) {
  return new Problem(0, {
    code: "not-a-pst",
    what: "This is not a PST file",
    where: plain(file.name),
    why: "it does not begin with the bytes !BDN that every PST and OST file begins with, or it cannot be read",
    remedy: "choose the .pst or .ost file itself; unpack it first if it is in an archive",
  });
}

function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
