// The head of the page: what this is, the calendar one can turn, links, the developer's switch.

import { post } from "./api.js";
import { h, icon, toast } from "./dom.js";
import { clock, longDate, shortMoment, weekday } from "./time.js";
import { news, now, town } from "./town.js";

const STEPS = [
  ["day", "后一天"],
  ["week", "后一周"],
  ["next", "到下一件事"],
];

/** Build the head; `togglePanel(button)` opens the developer's panel. */
export function buildHead(head, togglePanel) {
  const date = h("strong.today", { dataset: { role: "today" } });
  const day = h("span.weekday", { dataset: { role: "weekday" } });
  const time = h("span.now", { dataset: { role: "now" } });
  const steps = STEPS.map(([step, label]) =>
    h("button.step", { type: "button", dataset: { step }, onclick: (event) => turn(step, event.currentTarget, steps) }, label),
  );
  const violations = h("span.badge", { hidden: true, dataset: { role: "violations" } });
  const panel = h("button.quiet", { type: "button", "aria-expanded": "false", "aria-controls": "panel", dataset: { role: "developer" }, onclick: () => togglePanel(panel) }, icon("code", 18), h("span", {}, "开发者"), violations);
  const lost = h("p.lost", { hidden: true, role: "alert" }, "与演练服务的连接断了，正在重新连接…");
  const links = h("span.head-links", {});
  head.append(
    h("h1", {}, h("img", { src: "static/icon.svg", alt: "", width: 28, height: 28 }), h("span.app-name", {}), h("span.rehearsal", {}, "演练")),
    h(
      "section.calendar",
      { "aria-label": "日历" },
      icon("calendar", 22),
      h("span.date", {}, date, day, time),
      h("span.steps", {}, steps),
    ),
    h("span.head-end", {}, links, panel),
    lost,
  );
  const draw = () => {
    date.textContent = longDate(now());
    const { name, weekend } = weekday(now());
    day.textContent = name;
    day.classList.toggle("weekend", weekend);
    time.textContent = clock(now());
  };
  news.addEventListener("calendar", draw);
  setInterval(draw, 10_000); // a running calendar moves by itself
  news.addEventListener("people", () => {
    head.querySelector(".app-name").textContent = town.app;
    document.title = `${town.app} · 演练手机`;
    links.replaceChildren(...town.links.map(({ label, url }) => h("a.quiet", { href: url, target: "_blank", rel: "noopener" }, label)));
  });
  news.addEventListener("violations", () => {
    violations.textContent = town.violations;
    violations.hidden = !town.violations;
    violations.setAttribute("aria-label", `${town.violations} 处违反协议`);
  });
  news.addEventListener("connection", ({ detail }) => {
    lost.hidden = detail.alive;
  });
}

async function turn(step, pressed, steps) {
  for (const button of steps) button.disabled = true;
  pressed.classList.add("busy");
  pressed.setAttribute("aria-busy", "true");
  try {
    toast(told(step, await post("calendar", { step })));
  } catch (error) {
    toast(error.message, "bad");
  } finally {
    for (const button of steps) button.disabled = false;
    pressed.classList.remove("busy");
    pressed.removeAttribute("aria-busy");
    pressed.focus({ preventScroll: true });
  }
}

function told(step, { days, receivers, now: moment }) {
  const names = receivers.map(({ userid }) => town.people.get(userid)?.name ?? userid);
  const who = names.length > 3 ? `${names.slice(0, 3).join("、")}等 ${names.length} 人` : names.join("、");
  const date = shortMoment(new Date(moment));
  if (!names.length) return step === "next" ? `翻了 ${days} 天，到 ${date}，没有人收到新消息` : `现在是 ${date}，没有新消息`;
  return step === "next" && days > 1 ? `翻了 ${days} 天，到 ${date}：${who}收到新消息` : `现在是 ${date}：${who}收到新消息`;
}
