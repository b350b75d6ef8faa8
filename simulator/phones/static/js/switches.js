// The platform's switches and its failures on demand.

import { post } from "./api.js";
import { fresh, h, toast } from "./dom.js";

const CALLS = ["gettoken", "message/send", "message/update_template_card", "auth/getuserinfo", "media/upload", "media/get", "menu/create", "user/get"];
const WAYS = [
  ["errcode", "返回错误码"],
  ["status", "返回 HTTP 状态"],
  ["hang", "一直不应答"],
  ["refuse", "断开连接"],
  ["lose_answer", "办了但应答丢失"],
];

/** Draw everything that can be switched. */
export function drawSwitches(content, data) {
  const send = async (path, values) => {
    const answer = await command(path, values);
    if (answer?.switches) drawSwitches(content, answer);
  };
  const place = content.scrollTop;
  const focused = document.activeElement?.dataset?.switch;
  content.replaceChildren(
    h("h3", {}, "故障"),
    outages(data, send),
    h(
      "p.panel-actions",
      {},
      h("button.small", { type: "button", onclick: () => command("token/kill") }, "作废 access_token"),
      h("button.small", { type: "button", onclick: () => command("callback/verify") }, "验证回调地址"),
    ),
    h("h3", {}, "开关"),
    h("div.switches", {}, data.switches.map((one) => row(one, (value) => send("switches", { name: one.name, value })))),
  );
  content.scrollTop = place;
  if (focused) content.querySelector(`[data-switch="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function row(one, change) {
  const id = fresh("switch");
  const changed = JSON.stringify(one.value) !== JSON.stringify(one.usual);
  return h(
    `div.switch${changed ? ".changed" : ""}`,
    {},
    h("label", { for: id, title: one.name }, one.label, changed && h("small", {}, `默认：${shown(one)}`)),
    KINDS[one.kind](one, { id, dataset: { switch: one.name } }, change),
  );
}

function shown({ kind, usual, options }) {
  if (kind === "yes") return usual ? "开" : "关";
  if (kind === "one") return options.find(([value]) => value === usual)?.[1];
  return kind === "people" ? usual.join("、") || "无" : usual;
}

const KINDS = {
  yes: (one, names, change) => h("input.toggle", { ...names, type: "checkbox", checked: one.value, onchange: (event) => change(event.target.checked) }),
  one: (one, names, change) =>
    h(
      "select",
      { ...names, onchange: (event) => change(one.options[event.target.selectedIndex][0]) },
      one.options.map(([value, label]) => h("option", { selected: value === one.value }, label)),
    ),
  whole: (one, names, change) => number(one, names, change, 1),
  number: (one, names, change) => number(one, names, change, "any"),
  people: (one, names, change) =>
    h("input", { ...names, type: "text", value: one.value.join(", "), placeholder: "userid，逗号分开", onchange: (event) => change(event.target.value.split(/[,，\s]+/)) }),
};

function number(one, names, change, step) {
  return h("input", { ...names, type: "number", min: 0, step, value: one.value, onchange: (event) => change(Number(event.target.value)) });
}

function outages(data, send) {
  const call = h("select", { "aria-label": "哪个接口", dataset: { outage: "call" } }, h("option", { value: data.every_call }, "所有接口"), CALLS.map((name) => h("option", { value: name }, name)));
  const how = h("select", { "aria-label": "怎样出错", dataset: { outage: "how" } }, WAYS.map(([value, label]) => h("option", { value }, label)));
  const code = h("input", { type: "number", min: -1, max: 999999, value: 45009, "aria-label": "错误码或状态", dataset: { outage: "number" } });
  const times = h("input", { type: "number", min: 0, value: 1, "aria-label": "几次（0：直到恢复）", dataset: { outage: "times" } });
  how.addEventListener("change", () => {
    code.disabled = !["errcode", "status"].includes(how.value);
    if (how.value === "status") code.value = 502;
    if (how.value === "errcode") code.value = 45009;
  });
  const start = h("button.small", { type: "button", dataset: { outage: "start" }, onclick: () => send("outages", { call: call.value, how: how.value, number: Number(code.value), times: Number(times.value) }) }, "开始出错");
  return h(
    "div.outages",
    {},
    h("div.outage-form", {}, call, how, code, h("label", {}, times, "次"), start),
    data.outages.length
      ? [
          h("ul", {}, data.outages.map((outage) => h("li", {}, describe(outage, data.every_call)))),
          h("button.small.warn", { type: "button", dataset: { outage: "repair" }, onclick: () => send("repair", {}) }, "全部恢复正常"),
        ]
      : h("p.panel-note", {}, "现在没有故障。次数填 0 表示直到恢复。"),
  );
}

function describe(outage, everyCall) {
  const [, label] = WAYS.find(([way]) => outage[way] !== null && outage[way] !== false);
  const code = outage.errcode ?? outage.status ?? "";
  const times = outage.times === null ? "直到恢复" : `${outage.times} 次`;
  return `${outage.call === everyCall ? "所有接口" : outage.call}：${label} ${code}（${times}，已发生 ${outage.hits} 次）`;
}

/** Do something to the platform and say how it went. */
async function command(path, data) {
  try {
    const answer = await post(path, data);
    if (answer.said) toast(answer.said);
    return answer;
  } catch (error) {
    toast(error.message, "bad");
    return null;
  }
}
