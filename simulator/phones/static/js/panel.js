// The developer's panel: calls, callbacks, breaches of the protocol, and the platform's switches.

import { get } from "./api.js";
import { h, toast } from "./dom.js";
import { drawSwitches } from "./switches.js";
import { clock } from "./time.js";
import { news, town } from "./town.js";

const VIEWS = [
  ["calls", "接口调用"],
  ["callbacks", "回调"],
  ["violations", "违规"],
  ["switches", "平台开关"],
];
const PAUSE = 250; // so long news of the wire are gathered

export class Panel {
  constructor(element) {
    this.element = element;
    this.view = "calls";
    this.tabs = VIEWS.map(([view, label]) =>
      h("button", { type: "button", "aria-pressed": "false", dataset: { view }, onclick: () => this.show(view) }, label, view === "violations" && h("span.badge", { hidden: true })),
    );
    this.content = h("div.panel-content", { tabindex: "0" });
    element.append(h("div.panel-tabs", {}, this.tabs), this.content);
    news.addEventListener("wire", () => this.soon());
    news.addEventListener("violations", () => this.count());
  }

  fromAddress() {
    if (new URLSearchParams(location.hash.slice(1)).has("dev")) this.toggle(document.querySelector('[data-role="developer"]'));
  }

  toggle(button) {
    this.element.hidden = !this.element.hidden;
    const open = !this.element.hidden;
    button.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("with-panel", open);
    const kept = new URLSearchParams(location.hash.slice(1));
    if (open) kept.set("dev", "1");
    else kept.delete("dev");
    history.replaceState(null, "", `#${kept.toString().replaceAll("%2C", ",")}`);
    if (open) this.show(this.view);
  }

  count() {
    const badge = this.element.querySelector('[data-view="violations"] .badge');
    badge.textContent = town.violations;
    badge.hidden = !town.violations;
  }

  show(view) {
    this.view = view;
    for (const tab of this.tabs) tab.setAttribute("aria-pressed", String(tab.dataset.view === view));
    this.content.replaceChildren(h("p.panel-note", {}, "正在读取…"));
    this.refresh();
  }

  soon() {
    if (this.element.hidden || this.view === "switches" || this.waiting) return;
    this.waiting = setTimeout(() => {
      this.waiting = 0;
      this.refresh();
    }, PAUSE);
  }

  async refresh() {
    const { view } = this;
    try {
      const data = await get(view);
      if (view === this.view) DRAWN[view](this.content, data);
    } catch (error) {
      this.content.replaceChildren(h("p.panel-note", {}, error.message));
    }
  }
}

const DRAWN = {
  calls: (content, { calls }) => list(content, calls, "机器人还没有调用接口", (call) => [
    h("span.wire-at", {}, clock(new Date(call.at))),
    h("span.wire-what", {}, h("b", {}, call.method), " ", call.path),
    h(`span.wire-result${call.errcode === 0 ? ".good" : ".bad"}`, {}, call.errcode === null ? "—" : `errcode ${call.errcode}`),
    h("span.wire-ms", {}, `${call.ms} ms`),
  ], callDetail),
  callbacks: (content, { callbacks }) => list(content, callbacks, "还没有回调", (delivery) => [
    h("span.wire-at", {}, clock(new Date(delivery.at))),
    h("span.wire-what", {}, h("b", {}, delivery.person), ` ${delivery.what}`, delivery.about && ` ${delivery.about}`),
    h(`span.wire-result${delivery.accepted ? ".good" : ".bad"}`, {}, delivery.accepted ? "已接收" : delivery.answers.join(" ") || "进行中"),
    h("span.wire-ms", {}, delivery.attempts > 1 ? `${delivery.attempts} 次` : ""),
  ], callbackDetail),
  violations: (content, data) => {
    const section = (title, lines, none) => [h("h3", {}, title), lines.length ? h("ul.breaches", {}, lines.map((line) => h("li", {}, line))) : h("p.panel-note", {}, none)];
    content.replaceChildren(
      ...section(`违反协议（${data.count}）`, data.violations, "没有。机器人遵守协议。"),
      ...section("文字过长，手机上会截断", data.advice, "没有。"),
      ...section("平台因频率限制丢弃的消息", data.dropped.map((dropped) => Object.values(dropped).join(" · ")), "没有。"),
    );
  },
  switches: drawSwitches,
};

/** A list that keeps the rows that are there (and open) when it is drawn again. */
function list(content, items, none, line, detail) {
  const kept = new Map([...content.querySelectorAll("details[data-key]")].map((row) => [row.dataset.key, row]));
  const rows = items.map((item) => {
    const row = kept.get(item.key) ?? h("details.wire", { dataset: { key: item.key } }, h("summary", {}));
    row.querySelector("summary").replaceChildren(...line(item));
    if (!kept.has(item.key)) row.addEventListener("toggle", () => row.open && fill(row, detail, item.key), { once: true });
    return row;
  });
  content.replaceChildren(...(rows.length ? rows : [h("p.panel-note", {}, none)]));
}

async function fill(row, detail, key) {
  try {
    row.append(...(await detail(key)));
  } catch (error) {
    toast(error.message, "bad");
  }
}

async function callDetail(key) {
  const call = await get(`calls/${key}`);
  return [block("请求", pretty(call.request)), block("应答", pretty(call.response))];
}

async function callbackDetail(key) {
  const delivery = await get(`callbacks/${key}`);
  return [block("明文 XML", indented(delivery.xml)), block("机器人的应答", delivery.answers.join("\n") || "—")];
}

function block(title, text) {
  return h("div.wire-block", {}, h("h4", {}, title), h("pre", { tabindex: "0" }, text));
}

/** A line for each element; words in CDATA stay beside their element. */
function indented(xml) {
  let depth = 0;
  return xml
    .replace(/(?<!\]\])><(?!!\[CDATA\[)/g, ">\n<")
    .replace(/\]\]>(<\/\w+>)</g, "]]>$1\n<")
    .split("\n")
    .map((line) => {
      if (line.startsWith("</")) depth -= 1;
      const text = "  ".repeat(Math.max(0, depth)) + line;
      if (/^<\w+>$/.test(line)) depth += 1;
      return text;
    })
    .join("\n");
}

const pretty = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));
