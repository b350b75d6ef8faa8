// Chooses a person of the town: grouped, searchable, with the number of unread messages.

import { avatar, dismissable, h, icon } from "./dom.js";
import { town, unread } from "./town.js";

let shut = null;

/** Open the picker below `opener`; `choose(userid)` is called with the one chosen. `taken` are on other phones. */
export function pick(opener, current, taken, choose) {
  if (shut) {
    const own = shut.opener === opener;
    shut(false);
    if (own) return;
  }
  const search = h("input", { type: "search", placeholder: "搜姓名、职务、单位", "aria-label": "搜索人员", autocomplete: "off" });
  const list = h("div.picker-list", {});
  const dialog = h("div.picker", { role: "dialog", "aria-label": "选择人员" }, h("label.picker-search", {}, icon("search", 18), search), list);
  const close = (refocus) => {
    stop();
    dialog.remove();
    opener.setAttribute("aria-expanded", "false");
    shut = null;
    if (refocus) opener.focus();
  };
  const draw = () => list.replaceChildren(...found(search.value, current, taken, (userid) => {
    close(true);
    choose(userid);
  }));
  search.addEventListener("input", draw);
  dialog.addEventListener("keydown", (event) => move(event, search, list));
  draw();
  document.body.append(dialog);
  place(dialog, opener);
  opener.setAttribute("aria-expanded", "true");
  const stop = dismissable(dialog, opener, close);
  shut = close;
  shut.opener = opener;
  search.focus();
  const own = list.querySelector("[aria-current]");
  if (own) list.scrollTop = own.offsetTop - list.offsetTop - 80;
}

function place(dialog, opener) {
  const box = opener.getBoundingClientRect();
  const width = Math.min(360, innerWidth - 16);
  dialog.style.width = `${width}px`;
  dialog.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
  dialog.style.top = `${box.bottom + 6}px`;
  dialog.style.maxHeight = `${innerHeight - box.bottom - 20}px`;
}

function found(wanted, current, taken, choose) {
  const words = wanted.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map();
  for (const person of town.people.values()) {
    const text = `${person.name} ${person.userid} ${person.title} ${person.unit} ${person.group}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    if (!groups.has(person.group)) groups.set(person.group, []);
    groups.get(person.group).push(person);
  }
  if (!groups.size) return [h("p.picker-none", {}, "没有找到，换个词试试")];
  return [...groups].map(([group, people]) =>
    h("section", { "aria-label": group }, h("h4", {}, `${group}（${people.length}）`), people.map((person) => row(person, current, taken, choose))),
  );
}

function row(person, current, taken, choose) {
  const count = unread(person.userid);
  const about = person.title.includes(person.unit) ? person.title : [person.unit, person.title].filter(Boolean).join(" · ");
  return h(
    "button.picker-row",
    {
      type: "button",
      dataset: { choose: person.userid },
      "aria-current": person.userid === current ? "true" : null,
      onclick: () => choose(person.userid),
    },
    avatar(person),
    h("span.picker-who", {}, h("strong", {}, person.name), h("span", {}, about || person.userid)),
    count > 0 && h("span.badge", { "aria-label": `${count} 条未读` }, count > 99 ? "99+" : count),
    person.userid === current ? icon("check", 18) : taken.includes(person.userid) && h("span.picker-taken", {}, "已在桌上"),
  );
}

function move(event, search, list) {
  const rows = [...list.querySelectorAll("button")];
  const at = rows.indexOf(document.activeElement);
  if (event.key === "ArrowDown") rows[at + 1]?.focus();
  else if (event.key === "ArrowUp") (at > 0 ? rows[at - 1] : search).focus();
  else if (event.key === "Enter" && document.activeElement === search) rows[0]?.click();
  else return;
  event.preventDefault();
}
