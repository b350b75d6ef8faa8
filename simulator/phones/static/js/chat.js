// The chat on one phone: entries with grey time lines between them; follows what is new.

import { act } from "./api.js";
import { h, icon, toast } from "./dom.js";
import { drawEntry } from "./message.js";
import { separator } from "./time.js";
import { loadChat, news, now, town } from "./town.js";

const PAUSE = 5 * 60_000; // so long a silence gets a time line
const PATIENCE = 4000; // a pressed card waits so long to be changed
const NEAR = 80; // pixels from the end that still count as reading the end
const NOT_IN_WECHAT = new Set(["template_card", "markdown", "miniprogram_notice"]);

export class Chat {
  constructor(phone) {
    this.phone = phone;
    this.states = new Map(); // entry id -> {pending, failed, notSent, choices}
    this.log = h("div.chat", { role: "log", "aria-live": "polite", "aria-relevant": "additions text", tabindex: "0" });
    this.more = h("button.more-below", { type: "button", hidden: true, onclick: () => this.toEnd() }, icon("down", 16), "新消息");
    this.element = h("div.chat-frame", {}, this.log, this.more);
    this.following = true; // reading the end: stays there when the chat grows or the screen shrinks
    this.log.addEventListener("scroll", () => {
      this.following = this.atEnd();
      if (this.following) this.more.hidden = true;
    });
    const keep = () => this.following && this.toEnd();
    this.log.addEventListener("load", keep, true);
    this.size = new ResizeObserver(keep);
    this.size.observe(this.log);
    this.hear = {
      chat: ({ detail }) => detail.userid === phone.userid && this.drawAll(),
      entry: ({ detail }) => detail.userid === phone.userid && this.put(detail.entry, detail.isNew),
      calendar: () => this.renameTimes(),
    };
    for (const [kind, listener] of Object.entries(this.hear)) news.addEventListener(kind, listener);
  }

  /** Show the chat of the phone's person. Resolves when it is there. */
  async show() {
    this.states.clear();
    this.log.replaceChildren();
    this.log.setAttribute("aria-label", `${town.people.get(this.phone.userid)?.name}与${town.app}的聊天`);
    if (town.chats.has(this.phone.userid)) this.drawAll();
    await loadChat(this.phone.userid);
  }

  forget() {
    this.size.disconnect();
    for (const [kind, listener] of Object.entries(this.hear)) news.removeEventListener(kind, listener);
  }

  visible(entry) {
    return !(town.people.get(this.phone.userid)?.on_plugin && NOT_IN_WECHAT.has(entry.kind) && !entry.from_me);
  }

  drawAll() {
    this.lastAt = 0;
    const nodes = [];
    for (const entry of town.chats.get(this.phone.userid) ?? []) {
      if (this.visible(entry)) nodes.push(...this.timed(entry));
    }
    if (!nodes.length) nodes.push(h("p.empty", {}, "还没有消息。在下面写字，或点菜单开始。"));
    this.log.replaceChildren(...nodes);
    this.toEnd();
  }

  timed(entry) {
    const at = Date.parse(entry.at);
    const nodes = [this.draw(entry)];
    if (at - this.lastAt > PAUSE) nodes.unshift(h("div.time", { dataset: { at } }, separator(new Date(at), now())));
    this.lastAt = at;
    return nodes;
  }

  renameTimes() {
    for (const line of this.log.querySelectorAll(".time")) {
      line.textContent = separator(new Date(Number(line.dataset.at)), now());
    }
  }

  state(entry) {
    if (!this.states.has(entry.id)) this.states.set(entry.id, { pending: "", failed: "", notSent: "", choices: {} });
    return this.states.get(entry.id);
  }

  draw(entry) {
    return drawEntry(this.phone, entry, this.state(entry), (label, choices) => this.press(entry.id, label, choices));
  }

  find(id) {
    return this.log.querySelector(`.entry[data-id="${CSS.escape(String(id))}"]`);
  }

  put(entry, isNew) {
    if (!this.visible(entry)) return;
    if (!isNew) {
      // the app has changed the card: whatever was under way is done
      Object.assign(this.state(entry), { pending: "", failed: "", choices: {} });
      this.redraw(entry);
      return;
    }
    const follow = entry.from_me || this.following;
    this.log.querySelector(".empty")?.remove();
    this.log.append(...this.timed(entry));
    if (follow) this.toEnd();
    else this.more.hidden = false;
  }

  redraw(entry) {
    const old = this.find(entry.id);
    if (!old) return;
    const follow = this.following;
    const fresh = this.draw(entry);
    const place = old.contains(document.activeElement) ? [...focusable(old)].indexOf(document.activeElement) : -1;
    fresh.classList.add("seen"); // it was here before: only what is new moves
    old.replaceWith(fresh);
    if (place >= 0) (focusable(fresh)[place] ?? focusable(fresh)[0] ?? this.log).focus({ preventScroll: true });
    if (follow) this.toEnd();
  }

  /** A button of a card; with `choices` (question key -> option ids) it hands them in. */
  async press(id, label, choices) {
    const entry = () => (town.chats.get(this.phone.userid) ?? []).find((other) => other.id === id);
    if (!entry()) return;
    const state = this.state(entry());
    if (state.pending) return;
    const box = entry().card?.checkbox;
    if (choices && box && !choices[box.question_key]?.length) {
      Object.assign(state, { failed: "请先选择，再提交" });
      this.redraw(entry());
      return;
    }
    Object.assign(state, { pending: label, failed: "" });
    this.redraw(entry());
    try {
      const handedIn = choices && open(entry().card, choices);
      await act(this.phone.userid, handedIn ? "chooses" : "presses", handedIn
        ? { card: id, submit: label, choices: handedIn }
        : { card: id, label });
      setTimeout(() => this.settle(state, label, entry), PATIENCE);
    } catch (error) {
      Object.assign(state, { pending: "", failed: error.message });
      if (entry()) this.redraw(entry());
    }
  }

  settle(state, label, entry) {
    if (state.pending !== label) return;
    state.pending = "";
    if (entry()) this.redraw(entry());
  }

  /** A message of one's own that did not arrive. */
  failed(action, message) {
    const own = (town.chats.get(this.phone.userid) ?? []).filter((entry) => entry.from_me).at(-1);
    toast(message, "bad");
    if (!own || !["says", "picture"].includes(action)) return;
    this.state(own).notSent = message;
    this.redraw(own);
  }

  atEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR;
  }

  toEnd() {
    this.more.hidden = true;
    this.following = true;
    this.log.scrollTop = this.log.scrollHeight;
  }
}

const focusable = (element) => element.querySelectorAll("a[href], button:not(:disabled), select:not(:disabled), input:not(:disabled), summary");

/** Only what may be chosen: a locked selector stays as it is. */
function open(card, choices) {
  const locked = [card.button_selection, ...(card.select_list ?? []), card.checkbox]
    .filter((question) => question?.disable === true)
    .map((question) => question.question_key);
  return Object.fromEntries(Object.entries(choices).filter(([key]) => !locked.includes(key)));
}
