/**
 * Tabs, by the pattern that screen readers know: arrows change the tab, Tab goes into the panel.
 */

import { element } from "./element.js";

/** Tabs of `{id, says, draw}`; a panel is drawn when its tab is first chosen. */
export class Tabs {
  #tabs;
  #onChoose;

  constructor(label, tabs, chosen, onChoose) {
    this.#tabs = tabs;
    this.#onChoose = onChoose;
    this.buttons = tabs.map(({ id, says }) => element(
      "button", { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}`, on: { click: () => this.choose(id) } }, says));
    this.panels = tabs.map(({ id }) => element("div", { role: "tabpanel", id: `panel-${id}`, "aria-labelledby": `tab-${id}`, tabindex: "0" }));
    const strip = element("div", { role: "tablist", "aria-label": label, on: { keydown: (event) => this.#key(event) } }, ...this.buttons);
    this.host = element("div", { class: "tabs" }, strip, ...this.panels);
    this.#show(tabs.some(({ id }) => id === chosen) ? chosen : tabs[0].id);
  }

  /** Choose a tab. */
  choose(id) {
    this.#show(id);
    this.#onChoose(id);
  }

  /** Choose the next tab, round and round. */
  next(step = 1) {
    const index = (this.#chosen + step + this.#tabs.length) % this.#tabs.length;
    this.choose(this.#tabs[index].id);
    return this.buttons[index];
  }

  get #chosen() {
    return this.buttons.findIndex((one) => one.getAttribute("aria-selected") === "true");
  }

  #show(id) {
    this.#tabs.forEach((tab, index) => {
      const isChosen = tab.id === id;
      this.buttons[index].setAttribute("aria-selected", String(isChosen));
      this.buttons[index].tabIndex = isChosen ? 0 : -1;
      this.panels[index].hidden = !isChosen;
      if (isChosen && this.panels[index].childElementCount === 0) this.panels[index].append(tab.draw());
    });
  }

  #key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    this.next(step).focus();
  }
}
