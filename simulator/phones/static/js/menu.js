// The app's menu at the foot of a chat: up to three entries, each perhaps with a list above it.

import { dismissable, h, icon } from "./dom.js";
import { news, town } from "./town.js";

export class AppMenu {
  /** `pick(name)` is called with the entry that was tapped. */
  constructor(pick) {
    this.pick = pick;
    this.element = h("nav.app-menu", { "aria-label": "应用菜单" });
    this.hear = () => this.draw();
    news.addEventListener("menu", this.hear);
    this.draw();
  }

  forget() {
    this.shut?.(false);
    news.removeEventListener("menu", this.hear);
  }

  draw() {
    this.shut?.(false);
    const tops = town.menu?.button ?? [];
    this.element.hidden = !tops.length;
    this.element.replaceChildren(...tops.map((top) => (top.sub_button?.length ? this.folder(top) : this.leaf(top))));
  }

  leaf(entry) {
    return h(
      "button.menu-entry",
      {
        type: "button",
        dataset: { menu: entry.name },
        onclick: () => {
          this.shut?.(true);
          this.pick(entry.name);
        },
      },
      entry.name,
    );
  }

  folder(top) {
    const list = h("div.menu-list", { hidden: true }, top.sub_button.map((entry) => this.leaf(entry)));
    const button = h(
      "button.menu-entry",
      { type: "button", "aria-expanded": "false", dataset: { menu: top.name }, onclick: () => (list.hidden ? open() : this.shut?.(true)) },
      icon("list", 16),
      top.name,
    );
    const open = () => {
      this.shut?.(false);
      list.hidden = false;
      button.setAttribute("aria-expanded", "true");
      const stop = dismissable(list, button, (refocus) => this.shut?.(refocus));
      this.shut = (refocus) => {
        stop();
        list.hidden = true;
        button.setAttribute("aria-expanded", "false");
        this.shut = null;
        if (refocus) button.focus();
      };
    };
    return h("div.menu-folder", {}, button, list);
  }
}
