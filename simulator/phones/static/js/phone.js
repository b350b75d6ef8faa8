// One phone: whose it is, its chat with the app, the words being written, the menu, the browser inside.

import { act } from "./api.js";
import { Chat } from "./chat.js";
import { avatar, dismissable, h, icon, toast } from "./dom.js";
import { AppMenu } from "./menu.js";
import { pick } from "./picker.js";
import { opensInside, webAddress } from "./rich.js";
import { clock } from "./time.js";
import { forgetChat, news, now, setInView, town, unread } from "./town.js";
import { WebView } from "./webview.js";

const LARGEST = 2.5 * 1024 * 1024; // bytes of a picture
const TALLEST = 120; // pixels the field for words may grow to

export class Phone {
  /** `table` holds the phones: {taken(), phoneOf(userid, but), changed(), remove(phone)}. */
  constructor(userid, table) {
    this.table = table;
    this.userid = userid;
    this.chat = new Chat(this);
    this.web = new WebView(this);
    this.menu = new AppMenu((name) => this.clicks(name));
    this.clock = h("span", {});
    this.owner = h("button.owner", { type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", title: "换一个人", dataset: { role: "who" }, onclick: () => this.pickPerson() });
    this.bar = h("header.title-bar", {});
    this.status = h("div.status-bar", { "aria-hidden": "true" }, this.clock, h("span.status-signs", {}, h("i.signal"), h("i.battery")));
    this.element = h(
      "section.phone",
      {},
      h("div.phone-head", {}, this.owner, h("button.remove", { type: "button", "aria-label": "收起这台手机", title: "收起这台手机", dataset: { role: "remove" }, onclick: () => table.remove(this) }, icon("close", 18))),
      h("div.screen", {}, this.status, this.bar, this.chat.element, this.composer(), this.menu.element, this.web.element),
    );
    this.watcher = new IntersectionObserver(([seen]) => this.seen(seen.intersectionRatio >= 0.4), { threshold: [0, 0.4] });
    this.watcher.observe(this.element);
    this.hear = { people: () => this.draw(), unread: () => this.draw(), calendar: () => this.tick() };
    for (const [kind, listener] of Object.entries(this.hear)) news.addEventListener(kind, listener);
    this.ready = this.show(userid);
  }

  /** Put this phone into the hands of `userid`. */
  show(userid) {
    if (this.userid !== userid) this.leave();
    this.userid = userid;
    this.web.close();
    this.draw();
    this.tick();
    if (this.onScreen) setInView(userid, true);
    const first = this.chat.show();
    first.catch((error) => toast(error.message, "bad"));
    return first;
  }

  /** Open the app for the first time: a person who has got nothing yet may be greeted. */
  async opens() {
    await this.ready;
    if (!town.chats.get(this.userid)?.length) await act(this.userid, "enters");
  }

  leave() {
    if (this.table.phoneOf(this.userid, this)) return;
    setInView(this.userid, false);
    forgetChat(this.userid);
  }

  seen(yes) {
    this.onScreen = yes;
    setInView(this.userid, yes);
  }

  forget() {
    this.watcher.disconnect();
    for (const [kind, listener] of Object.entries(this.hear)) news.removeEventListener(kind, listener);
    this.chat.forget();
    this.menu.forget();
    this.leave();
    this.element.remove();
  }

  get person() {
    return town.people.get(this.userid);
  }

  draw() {
    const { person } = this;
    if (!person) return;
    const about = [person.group, person.title || person.unit].filter(Boolean).join(" · ");
    const count = unread(this.userid);
    this.element.dataset.person = this.userid;
    this.element.dataset.client = person.on_plugin ? "wechat" : "wecom";
    this.element.setAttribute("aria-label", `${person.name}的手机`);
    this.owner.replaceChildren(
      avatar(person, "mini"),
      h("span.owner-who", {}, h("strong", {}, person.name), h("span", { title: about }, about)),
      count > 0 ? h("span.badge", { "aria-label": `${count} 条未读` }, count) : "",
      icon("down", 16),
    );
    this.bar.replaceChildren(
      h("span.title-back", { "aria-hidden": "true" }, icon("back", 22)),
      h("h2", {}, town.app, person.on_plugin && h("span.in-wechat", {}, "微信")),
      this.more(),
    );
  }

  tick() {
    this.clock.textContent = clock(now());
  }

  more() {
    const menu = h(
      "div.more-menu",
      { hidden: true },
      h(
        "button",
        { type: "button", role: "switch", "aria-checked": this.person.on_plugin ? "true" : "false", dataset: { role: "plugin" }, onclick: () => this.change() },
        h("span", {}, "在微信里使用（微信插件）", h("small", {}, "看不到卡片，只有文字")),
        h("i.knob"),
      ),
      h("button", { type: "button", dataset: { role: "enter" }, onclick: () => this.does("enters").then(() => toast("已重新进入应用"), () => {}) }, "重新进入应用"),
    );
    const button = h("button.title-more", { type: "button", "aria-label": "更多", "aria-expanded": "false", dataset: { role: "more" } }, icon("more", 22));
    let stop = null;
    const close = (refocus) => {
      stop?.();
      stop = null;
      menu.hidden = true;
      button.setAttribute("aria-expanded", "false");
      if (refocus) button.focus();
    };
    button.addEventListener("click", () => {
      if (!menu.hidden) return close(true);
      menu.hidden = false;
      button.setAttribute("aria-expanded", "true");
      stop = dismissable(menu, button, close);
    });
    menu.addEventListener("click", () => close(true));
    return h("div.more", {}, button, menu);
  }

  async change() {
    const on = !this.person.on_plugin;
    if (!(await this.does("plugin", { on }).catch(() => null))) return;
    toast(on ? `${this.person.name}改在微信里使用：收不到卡片` : `${this.person.name}回到企业微信`);
  }

  pickPerson() {
    pick(this.owner, this.userid, this.table.taken(), (userid) => {
      if (userid === this.userid) return;
      const before = this.userid;
      const other = this.table.phoneOf(userid, this); // two phones change hands
      this.show(userid).then(() => !other && this.does("enters")).catch(() => {});
      other?.show(before);
      this.table.changed();
    });
  }

  // -- what the person does

  /** Let the person act; a failure is shown and told by rejecting. */
  async does(action, data = {}) {
    try {
      return await act(this.userid, action, data);
    } catch (error) {
      this.chat.failed(action, error.message);
      throw error;
    }
  }

  open(url) {
    this.web.open(url);
  }

  async clicks(name) {
    const answer = await this.does("clicks", { name }).catch(() => null);
    const address = answer && webAddress(answer.url);
    if (address && opensInside(address)) this.open(address);
    else if (address) window.open(address.href, "_blank", "noopener");
  }

  composer() {
    const field = h("textarea", { rows: 1, "aria-label": "写消息，回车发送，Shift 加回车换行", placeholder: "写消息…", enterkeyhint: "send", dataset: { role: "words" } });
    const send = h("button.send", { type: "submit", disabled: true, dataset: { role: "send" } }, "发送");
    const fit = () => {
      field.style.height = "auto";
      field.style.height = `${Math.min(field.scrollHeight + 2, TALLEST)}px`;
      send.disabled = !field.value.trim();
    };
    field.addEventListener("input", fit);
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      form.requestSubmit();
    });
    const file = h("input", { type: "file", accept: "image/png,image/jpeg", hidden: true, "aria-label": "选择图片", dataset: { role: "picture" } });
    file.addEventListener("change", () => {
      if (file.files[0]) this.sendPicture(file.files[0]);
      file.value = "";
    });
    const form = h(
      "form.composer",
      {},
      h("button.attach", { type: "button", "aria-label": "发送图片", title: "发送图片", dataset: { role: "attach" }, onclick: () => file.click() }, icon("picture", 22)),
      file,
      field,
      send,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (!text) return;
      field.value = "";
      fit();
      this.does("says", { text }).catch(() => {});
    });
    return form;
  }

  sendPicture(file) {
    if (!["image/png", "image/jpeg"].includes(file.type)) return toast("请选择 PNG 或 JPG 图片", "bad");
    if (file.size > LARGEST) return toast("图片太大，请选择 2.5 MB 以内的图片", "bad");
    const reader = new FileReader();
    reader.addEventListener("load", () => this.does("picture", { data: reader.result.split(",")[1] }).catch(() => {}));
    reader.readAsDataURL(file);
  }
}
