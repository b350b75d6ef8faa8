// The browser inside a phone: a frame over the chat with a bar above it.

import { h, icon } from "./dom.js";
import { insidePath, opensInside, webAddress } from "./rich.js";
import { town } from "./town.js";

const ALLOWED = "allow-forms allow-scripts allow-same-origin allow-downloads allow-modals allow-popups allow-popups-to-escape-sandbox";

export class WebView {
  constructor(phone) {
    this.phone = phone;
    this.trail = []; // addresses to go back to
    this.title = h("span.web-title", { "aria-live": "polite" });
    this.back = bar("web-back", "返回", "back", () => this.goBack());
    this.element = h(
      "section.web",
      { hidden: true, "aria-label": "网页", dataset: { role: "web" } },
      h("div.web-bar", {}, this.back, bar("web-close", "关闭网页", "close", () => this.close()), this.title, bar("web-reload", "刷新", "reload", () => this.reload())),
    );
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  /** Open a page of the bot's. */
  open(url) {
    this.frame?.remove();
    this.trail = [];
    this.reloading = false;
    this.title.textContent = "正在打开…";
    this.opener = document.activeElement;
    this.frame = h("iframe", { title: "网页", sandbox: ALLOWED, src: insidePath(this.phone.userid, url) });
    this.frame.addEventListener("load", () => this.arrived());
    this.element.append(this.frame);
    this.element.hidden = false;
    this.back.focus();
  }

  arrived() {
    const page = this.page();
    if (!page || page.location.href === "about:blank") return;
    this.title.textContent = page.document.title || town.app;
    this.frame.title = page.document.title || "网页";
    if (!this.reloading) this.trail.push(page.location.href);
    this.reloading = false;
    page.document.addEventListener("click", (event) => this.clicked(event), true);
    page.document.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    // what pages in WeCom call to close themselves
    page.WeixinJSBridge ??= { invoke: (name) => this.called(name), call: (name) => this.called(name) };
    page.document.dispatchEvent(new page.Event("WeixinJSBridgeReady"));
  }

  page() {
    try {
      return this.frame.contentWindow.document ? this.frame.contentWindow : null;
    } catch {
      return null; // left our origin
    }
  }

  called(name) {
    if (name === "closeWindow") this.close();
  }

  /** Links with the bot's full address stay in the phone; links to elsewhere get a tab of their own. */
  clicked(event) {
    const anchor = event.target.closest?.("a[href]");
    const url = anchor && webAddress(anchor.href);
    if (!url || url.origin === location.origin) return;
    if (opensInside(url)) {
      event.preventDefault();
      this.frame.contentWindow.location.assign(new URL(insidePath(this.phone.userid, url), location.href).href);
    } else {
      anchor.target = "_blank";
      anchor.rel = "noopener noreferrer";
    }
  }

  goBack() {
    this.trail.pop();
    const before = this.trail.pop();
    if (before && this.page()) this.frame.contentWindow.location.replace(before);
    else this.close();
  }

  reload() {
    const page = this.page();
    if (!page) return;
    this.reloading = true;
    page.location.replace(page.location.href);
  }

  close() {
    if (this.element.hidden) return;
    this.element.hidden = true;
    this.frame?.remove();
    this.frame = null;
    if (this.opener?.isConnected) this.opener.focus({ preventScroll: true });
  }
}

function bar(role, label, picture, onclick) {
  return h("button.web-button", { type: "button", "aria-label": label, title: label, dataset: { role }, onclick }, icon(picture, 22));
}
