// The phones on the table: side by side, or one at a time with tabs on a small screen. Kept in the address.

import { avatar, h, icon, toast } from "./dom.js";
import { Phone } from "./phone.js";
import { pick } from "./picker.js";
import { act } from "./api.js";
import { news, town, unread } from "./town.js";

const MOST = 12;
const OTHERS = 4; // people without a phone whose news are announced by name

export class Table {
  constructor(stage, tabs) {
    this.stage = stage;
    this.tabs = tabs;
    this.phones = [];
    this.front = null; // the phone a small screen shows
    for (const kind of ["unread", "people"]) news.addEventListener(kind, () => this.drawTabs());
    addEventListener("hashchange", () => this.fromAddress());
  }

  /** Lay out the phones the address names, else the first ones. */
  fromAddress() {
    const named = (new URLSearchParams(location.hash.slice(1)).get("p") ?? "").split(",");
    const userids = [...new Set(named)].filter((userid) => town.people.has(userid)).slice(0, MOST);
    const wanted = userids.length ? userids : town.first;
    if (this.taken().join() === wanted.join()) return;
    while (this.phones.length > wanted.length) this.drop(this.phones.at(-1));
    wanted.forEach((userid, place) => {
      if (!this.phones[place]) this.lay(userid).opens().catch(() => {});
      else if (this.phones[place].userid !== userid) this.phones[place].show(userid);
    });
    this.bringForward(this.phones[0]);
    this.changed();
  }

  taken() {
    return this.phones.map((phone) => phone.userid);
  }

  /** The phone of `userid`, if there is one besides `but`. */
  phoneOf(userid, but) {
    return this.phones.find((phone) => phone !== but && phone.userid === userid);
  }

  lay(userid) {
    const phone = new Phone(userid, this);
    this.phones.push(phone);
    this.stage.append(phone.element);
    return phone;
  }

  /** One more phone, for `userid`. */
  add(userid) {
    if (this.phones.length >= MOST) return toast(`桌上最多放 ${MOST} 台手机，请先收起一台`, "bad");
    const there = this.phoneOf(userid);
    const phone = there ?? this.lay(userid);
    this.bringForward(phone);
    this.changed();
    phone.element.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth", inline: "nearest" });
    phone.element.querySelector("textarea").focus({ preventScroll: true });
    if (!there) act(userid, "enters").catch(() => {});
  }

  choose(opener) {
    pick(opener, "", this.taken(), (userid) => this.add(userid));
  }

  remove(phone) {
    if (this.phones.length === 1) return toast("至少留一台手机", "bad");
    const place = this.phones.indexOf(phone);
    this.drop(phone);
    if (this.front === phone) this.bringForward(this.phones[Math.min(place, this.phones.length - 1)]);
    this.changed();
  }

  drop(phone) {
    this.phones.splice(this.phones.indexOf(phone), 1);
    phone.forget();
  }

  bringForward(phone) {
    this.front = phone;
    for (const other of this.phones) other.element.classList.toggle("front", other === phone);
    this.drawTabs();
  }

  /** Write the phones into the address. */
  changed() {
    const kept = new URLSearchParams(location.hash.slice(1));
    kept.set("p", this.taken().join(","));
    history.replaceState(null, "", `#${kept.toString().replaceAll("%2C", ",")}`);
    this.drawTabs();
  }

  /** People without a phone who have got something, most of it first. */
  others() {
    const taken = this.taken();
    return [...town.people.values()]
      .filter((person) => !taken.includes(person.userid) && unread(person.userid))
      .sort((one, other) => unread(other.userid) - unread(one.userid));
  }

  drawTabs() {
    const others = this.others();
    const add = h("button.tab.add", { type: "button", "aria-haspopup": "dialog", "aria-label": "添加手机", dataset: { role: "add" }, onclick: () => this.choose(add) }, icon("plus", 18), h("span.tab-name", {}, "添加手机"));
    this.tabs.replaceChildren(
      ...this.phones.map((phone) => this.tab(phone)),
      add,
      others.length
        ? h(
            "div.others",
            { "aria-label": "没有摆出来的人收到了新消息" },
            h("span.others-label", {}, "还有新消息："),
            others.slice(0, OTHERS).map((person) =>
              h("button.chip", { type: "button", title: person.title, dataset: { add: person.userid }, onclick: () => this.add(person.userid) }, person.name, count(person.userid)),
            ),
            others.length > OTHERS && h("span.others-label", {}, `等 ${others.length} 人`),
          )
        : "",
    );
  }

  tab(phone) {
    const { person } = phone;
    return h(
      "button.tab.of-phone",
      {
        type: "button",
        "aria-pressed": phone === this.front ? "true" : "false",
        dataset: { tab: person.userid },
        onclick: () => this.bringForward(phone),
      },
      avatar(person, "mini"),
      h("span.tab-name", {}, person.name),
      count(person.userid),
    );
  }
}

function count(userid) {
  const number = unread(userid);
  return number > 0 && h("span.badge", { "aria-label": `${number} 条未读` }, number > 99 ? "99+" : number);
}
