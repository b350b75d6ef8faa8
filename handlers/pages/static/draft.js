"use strict";
// The draft saves itself: each part a moment after it was typed. What is not known to be saved lies in this browser's
// own store until it is, so a lost connection loses nothing. Without this script the page is a plain form, and says so:
// a page that is loaded as the connection goes may never get it.
(() => {
  const form = document.getElementById("draft");
  const items = document.getElementById("items");
  const status = document.getElementById("status");
  const OFFLINE = "现在没有网络，写的先存在本机，连上后自动保存";
  const PAUSE = 700, AGAIN = 4000, PATIENCE = 15000; // milliseconds
  const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/g;
  const NOTES = { researched: "research_note", public: "no_public_reason" };
  const NAMES = [...form.querySelectorAll("[data-part]")].map((cell) => cell.dataset.part);
  let timer = 0, sending = false, stopped = false;
  const refused = {}; // what was not taken, until it is written otherwise
  const clashing = new Set();

  // --- what is written -------------------------------------------------------------------------------------------------

  const cell = (name) => form.querySelector(`[data-part="${name}"]`);
  const mark = (name) => form.elements[`mark_${name}`];
  const texts = () => [...items.querySelectorAll("textarea")];
  const same = (one, two) => JSON.stringify(one) === JSON.stringify(two);

  function value(name) {
    if (name === "suggestions") return texts().map((area) => area.value).filter((text) => text.trim());
    if (name === "secrecy") return form.elements.secrecy.checked ? "clear" : "";
    if (name in NOTES) return { yes: form.elements[name].value, note: form.elements[NOTES[name]].value };
    return form.elements[name].value;
  }

  function fill(name, to) {
    if (name === "suggestions") {
      items.replaceChildren();
      (to.length ? to : [""]).forEach((text) => add(text));
      number();
    } else if (name === "secrecy") form.elements.secrecy.checked = to === "clear";
    else if (name in NOTES) {
      for (const radio of form.elements[name]) radio.checked = radio.value === to.yes;
      form.elements[NOTES[name]].value = to.note;
    } else form.elements[name].value = to;
    cell(name).querySelectorAll("textarea").forEach(grow);
    count();
  }

  // --- counting: white space does not count, punctuation does ------------------------------------------------------------

  const length = (text) => [...text.replace(SPACE, "")].length;

  function tell(place, much, most) {
    place.textContent = most ? `${much}/${most}字` : `${much}字`;
    place.classList.toggle("over", Boolean(most) && much > most);
  }

  function count() {
    const title = form.elements.title;
    tell(cell("title").querySelector("[data-count]"), length(title.value), Number(title.dataset.most));
    const analysis = length(form.elements.analysis.value);
    tell(cell("analysis").querySelector("[data-count]"), analysis);
    let body = analysis;
    for (const area of texts()) {
      tell(area.closest("li").querySelector("[data-count]"), length(area.value));
      body += length(area.value);
    }
    tell(document.getElementById("body-count"), body, Number(form.dataset.body));
  }

  function grow(area) {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  }

  // --- kept in this browser ----------------------------------------------------------------------------------------------

  const pending = (() => {
    try { return JSON.parse(localStorage.getItem(form.dataset.key)) || {}; } catch { return {}; }
  })();

  function keep() {
    try {
      if (Object.keys(pending).length) localStorage.setItem(form.dataset.key, JSON.stringify(pending));
      else localStorage.removeItem(form.dataset.key);
    } catch { /* a browser that keeps nothing: the page still does */ }
  }

  function typed(name) {
    pending[name] = { value: value(name), mark: mark(name).value };
    keep();
    count();
    if (!stopped && !clashing.has(name)) {
      if (navigator.onLine) say("正在写……");
      else say(OFFLINE, true);
      clearTimeout(timer);
      timer = setTimeout(flush, PAUSE);
    }
  }

  // --- saving ------------------------------------------------------------------------------------------------------------

  function say(words, waiting = false) {
    if (status.textContent !== words) status.textContent = words;
    status.classList.toggle("waiting", waiting);
  }

  function problem(name, words) {
    const place = document.getElementById(`${name}-problem`);
    place.textContent = words;
    place.hidden = !words;
  }

  const ready = () => Object.keys(pending).filter((name) => NAMES.includes(name) && !clashing.has(name) && !same(refused[name], value(name)));

  // Whether the connection is there; what was refused or written elsewhere as well waits for its writer.
  async function flush() {
    clearTimeout(timer);
    if (sending || stopped) return true;
    sending = true;
    let fine = true;
    for (const name of ready()) fine = fine && (await send(name));
    sending = false;
    if (!stopped && !fine) timer = setTimeout(flush, AGAIN);
    else if (!stopped && ready().length) timer = setTimeout(flush, PAUSE);
    return fine;
  }

  // Before anything else is done with the draft: whether all that was typed is saved.
  async function settled() {
    while (!stopped && (sending || ready().length)) {
      if (!(await flush())) break;
      if (sending) await new Promise((done) => { setTimeout(done, 50); });
    }
    return !Object.keys(pending).length;
  }

  async function send(name) {
    const sent = value(name);
    let answer, found;
    try {
      const ends = new AbortController();
      const patience = setTimeout(() => ends.abort(), PATIENCE);
      const body = JSON.stringify({ part: name, value: sent, mark: mark(name).value, token: form.elements.token.value });
      answer = await fetch(form.getAttribute("action"), { method: "POST", headers: { "Content-Type": "application/json" }, body, signal: ends.signal });
      found = await answer.json();
      clearTimeout(patience);
    } catch {
      say("没有连上，写的先存在本机，连上后自动保存", true);
      return false;
    }
    if (answer.ok) saved(name, sent, found);
    else if (answer.status === 409 && "theirs" in found) clash(name, found);
    else if (answer.status === 422) {
      refused[name] = sent;
      problem(name, found.error);
      say("有一项没保存，请看红字", true);
    } else if (answer.status >= 500) {
      say("系统正忙，写的先存在本机，稍后自动保存", true);
      return false;
    } else stop(answer.status, found.error);
    return true;
  }

  function saved(name, sent, found) {
    mark(name).value = found.mark;
    delete refused[name];
    problem(name, "");
    if (same(value(name), sent)) {
      delete pending[name];
      if (name === "units" || found.others) fill(name, found.value); // a unit's whole name; what the chat wrote since
    } else pending[name] = { value: value(name), mark: found.mark };
    keep();
    const list = document.getElementById("advice");
    const lines = found.advice.length ? found.advice : ["没有要提醒的。"];
    if (!same(lines, [...list.children].map((line) => line.textContent))) {
      list.replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
    }
    if (!ready().length) say(`已保存 ${found.saved}`);
  }

  function stop(code, words) {
    stopped = true;
    say(code === 401 ? "登录已过期，写的都存在本机。" : `${words} 写的还存在本机。`, true);
    if (code !== 401) return;
    const again = Object.assign(document.createElement("button"), { type: "button", textContent: "重新登录" });
    again.addEventListener("click", () => location.reload());
    status.append(again);
  }

  // --- written in the chat as well ---------------------------------------------------------------------------------------

  function inWords(name, what) {
    if (name === "suggestions") return what.map((text, place) => `${place + 1}. ${text}`).join("\n") || "没有写";
    if (name === "secrecy") return what ? "不涉密" : "没有勾选";
    if (name in NOTES) return [{ yes: "是", no: "否" }[what.yes] || "没有选", what.note].filter(Boolean).join("：");
    return what || "没有写";
  }

  function clash(name, found) {
    clashing.add(name);
    say("聊天里刚改过一项，请选用哪一边的", true);
    problem(name, found.error);
    const box = cell(name).querySelector("[data-clash]");
    const make = (tag, words) => Object.assign(document.createElement(tag), { textContent: words });
    const theirs = make("p", inWords(name, found.theirs));
    theirs.className = "text";
    const [own, other] = [["用本页写的"], ["用聊天里的"]].map(([label]) => Object.assign(make("button", label), { type: "button", className: "weui-btn weui-btn_mini weui-btn_default" }));
    const settled = () => {
      clashing.delete(name);
      mark(name).value = found.mark;
      box.hidden = true;
      problem(name, "");
    };
    own.addEventListener("click", () => { settled(); typed(name); flush(); });
    other.addEventListener("click", () => {
      settled();
      fill(name, found.theirs);
      delete pending[name];
      keep();
      say("用了聊天里的");
    });
    box.replaceChildren(make("h3", "聊天里写的"), theirs, own, other);
    box.hidden = false;
  }

  // --- suggestions -------------------------------------------------------------------------------------------------------

  function add(text) {
    const row = document.getElementById("item").content.firstElementChild.cloneNode(true);
    row.querySelector("textarea").value = text;
    items.append(row);
    return row;
  }

  function number() {
    [...items.children].forEach((row, at, all) => {
      const place = at + 1, area = row.querySelector("textarea");
      area.id = `item${place}`;
      row.querySelector("label").htmlFor = area.id;
      row.querySelector("label").textContent = `第${place}条`;
      const [up, down, gone] = row.querySelectorAll("button");
      up.value = `up:${place}`;
      down.value = `down:${place}`;
      gone.value = `remove:${place}`;
      up.disabled = !at;
      down.disabled = place === all.length;
      up.setAttribute("aria-label", `第${place}条上移`);
      down.setAttribute("aria-label", `第${place}条下移`);
      gone.setAttribute("aria-label", `删除第${place}条`);
    });
  }

  items.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    event.preventDefault();
    const row = button.closest("li"), [what] = button.value.split(":");
    let next = row;
    if (what === "up") row.previousElementSibling.before(row);
    else if (what === "down") row.nextElementSibling.after(row);
    else {
      next = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      if (!items.children.length) next = add("");
    }
    number();
    (what !== "remove" && !button.disabled ? button : next.querySelector("textarea")).focus();
    typed("suggestions");
  });

  document.getElementById("add").addEventListener("click", (event) => {
    event.preventDefault();
    const row = add("");
    number();
    count();
    row.querySelector("textarea").focus();
  });

  // --- beginning ---------------------------------------------------------------------------------------------------------

  form.addEventListener("input", (event) => {
    const part = event.target.closest("[data-part]");
    if (event.target.tagName === "TEXTAREA") grow(event.target);
    if (part && part.dataset.part !== "units" && !event.target.name.startsWith("take_")) typed(part.dataset.part);
  });
  form.elements.units.addEventListener("change", () => typed("units")); // half a name is no unit
  form.querySelector("[data-save]").addEventListener("click", (event) => {
    event.preventDefault();
    if (ready().length) flush();
    else if (!Object.keys(pending).length) say("都已保存");
  });
  form.addEventListener("submit", async (event) => {
    if (navigator.onLine && !Object.keys(pending).length) return;
    event.preventDefault();
    if (!navigator.onLine) say("现在没有网络，写的都存在本机，连上后自动保存，再提交", true);
    else if (await settled()) form.requestSubmit(event.submitter);
  });
  window.addEventListener("online", () => { flush(); });
  window.addEventListener("offline", () => say(OFFLINE, true));
  window.addEventListener("pagehide", () => { flush(); });

  for (const [name, before] of Object.entries(pending)) {
    const shown = NAMES.includes(name) && !document.getElementById(`${name}-problem`).hidden;
    if (!NAMES.includes(name) || (same(before.value, value(name)) && !shown)) delete pending[name];
    else if (!shown) {
      fill(name, before.value);
      mark(name).value = before.mark;
    }
  }
  keep();
  number();
  form.querySelectorAll("textarea").forEach(grow);
  count();
  form.dataset.ready = "1";
  say(status.dataset.alive);
  if (ready().length) flush();
})();
