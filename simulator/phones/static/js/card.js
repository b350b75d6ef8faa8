// Template cards, drawn as WeCom draws them.

import { fresh, h, icon, toast } from "./dom.js";
import { link, pictureAddress } from "./rich.js";
import { town } from "./town.js";

const SOURCE_COLOURS = ["grey", "black", "red", "green"];
const INTERACTIVE = new Set(["button_interaction", "vote_interaction", "multiple_interaction"]);

/**
 * A card. `phone` opens pages; `state` is {pending, failed, choices} of this card, kept over redrawings;
 * `press(label, choices)` hands in.
 */
export function drawCard(phone, entry, state, press) {
  const card = entry.card;
  const action = card.card_action;
  const address = action?.type === 1 ? action.url : null;
  const stateName = state.pending ? "pending" : state.failed ? "failed" : entry.live ? "live" : "dead";
  const title = card.main_title?.title || card.sub_title_text || card.source?.desc || "卡片";
  const element = h(
    `article.card`,
    {
      "aria-label": title,
      dataset: { cardType: card.card_type, state: stateName, taskId: card.task_id ?? "" },
    },
    head(entry, card, state, press),
    h(
      "div.card-main",
      {},
      picture(phone, card),
      mainTitle(card),
      imageText(phone, card),
      emphasis(card),
      quote(phone, card),
      card.sub_title_text && h("p.card-sub", {}, card.sub_title_text),
      vertical(card),
      facts(phone, card),
    ),
    jumps(phone, card),
    address && !card.jump_list?.length && !leadsThere(card, address) && h("div.card-jumps", {}, jump(phone, address, "查看详情", "a.card-jump.card-open")),
    INTERACTIVE.has(card.card_type) && form(phone, entry, card, state, press),
  );
  if (address) {
    element.classList.add("clickable");
    element.addEventListener("click", (event) => {
      if (event.target.closest("a, button, select, input, label, summary, .card-form") || getSelection()?.toString()) return;
      link(phone, address, "").click();
    });
  }
  return element;
}

function head(entry, card, state, press) {
  const { source, action_menu: menu } = card;
  if (!source?.desc && !menu) return null;
  const colour = SOURCE_COLOURS[source?.desc_color] ?? "grey";
  return h(
    "div.card-head",
    {},
    h("span.card-mark", { "aria-hidden": "true" }),
    h(`span.card-source.${colour}`, {}, source?.desc ?? ""),
    menu && actionMenu(menu, state, press),
  );
}

function actionMenu(menu, state, press) {
  const details = h(
    "details.card-menu",
    {},
    h("summary", { "aria-label": menu.desc || "更多操作" }, icon("more", 20)),
    h(
      "div.card-menu-list",
      {},
      menu.action_list.map((action) =>
        h(
          "button",
          { type: "button", disabled: Boolean(state.pending), dataset: { key: action.key }, onclick: () => press(action.text) },
          action.text,
        ),
      ),
    ),
  );
  details.addEventListener("focusout", (event) => {
    if (!details.contains(event.relatedTarget)) details.open = false;
  });
  return details;
}

function mainTitle(card) {
  const { title, desc } = card.main_title ?? {};
  return [title && h("h3.card-title", {}, title), desc && h("p.card-desc", {}, desc)];
}

function picture(phone, card) {
  if (!card.card_image) return null;
  const address = pictureAddress(phone.userid, card.card_image.url);
  const frame = h("div.card-picture", {}, address ? h("img", { src: address, alt: "", loading: "lazy" }) : icon("picture", 36));
  frame.style.aspectRatio = String(card.card_image.aspect_ratio ?? 1.3);
  return frame;
}

function imageText(phone, card) {
  const area = card.image_text_area;
  if (!area) return null;
  const address = pictureAddress(phone.userid, area.image_url);
  const content = [
    h("span.card-thumb", {}, address ? h("img", { src: address, alt: "" }) : icon("picture", 28)),
    h("span.card-beside", {}, area.title && h("strong", {}, area.title), area.desc && h("span", {}, area.desc)),
  ];
  return area.type === 1 ? link(phone, area.url, content, "a.card-image-text") : h("div.card-image-text", {}, content);
}

function emphasis(card) {
  const area = card.emphasis_content;
  if (!area) return null;
  return h("div.card-emphasis", {}, h("strong", {}, area.title ?? ""), h("span", {}, area.desc ?? ""));
}

function quote(phone, card) {
  const area = card.quote_area;
  if (!area || !(area.title || area.quote_text)) return null;
  const content = [area.title && h("strong", {}, area.title), area.quote_text && h("span", {}, area.quote_text)];
  return area.type === 1 ? link(phone, area.url, content, "a.card-quote") : h("div.card-quote", {}, content);
}

function vertical(card) {
  if (!card.vertical_content_list?.length) return null;
  return card.vertical_content_list.map((row) =>
    h("div.card-vertical", {}, h("strong", {}, row.title), row.desc && h("span", {}, row.desc)),
  );
}

function facts(phone, card) {
  if (!card.horizontal_content_list?.length) return null;
  return h(
    "dl.card-facts",
    {},
    card.horizontal_content_list.map((row) =>
      h("div", {}, h("dt", {}, row.keyname), h("dd", {}, factValue(phone, row))),
    ),
  );
}

function factValue(phone, row) {
  const value = row.value ?? "";
  if (row.type === 1) return link(phone, row.url, value || "打开");
  if (row.type === 2) return [icon("file", 16), value];
  const person = row.type === 3 && town.people.get(String(row.userid).toLowerCase());
  if (!person) return value;
  const profile = [person.name, person.title, person.unit].filter(Boolean).join(" · ");
  return h("button.linklike", { type: "button", onclick: () => toast(profile) }, value || person.name);
}

function jump(phone, address, text, what = "a.card-jump") {
  return link(phone, address, [h("span", {}, text), icon("right", 16)], what);
}

function jumps(phone, card) {
  if (!card.jump_list?.length) return null;
  return h(
    "div.card-jumps",
    {},
    card.jump_list.map((row) => (row.type === 1 ? jump(phone, row.url, row.title) : h("span.card-jump", {}, row.title))),
  );
}

// -- what can be pressed and chosen

function form(phone, entry, card, state, press) {
  const locked = !entry.live || Boolean(state.pending);
  const questions = [card.button_selection, ...(card.select_list ?? [])].filter(Boolean);
  const choices = () => {
    const found = { ...state.choices };
    for (const question of questions) found[question.question_key] ??= [firstChoice(question)];
    if (card.checkbox) found[card.checkbox.question_key] ??= checkedAtFirst(card.checkbox);
    return found;
  };
  const submit = (label) => {
    if (!card.checkbox && !questions.length) return press(label);
    return press(label, choices());
  };
  return h(
    "div.card-form",
    {},
    questions.map((question) => selector(question, entry, state, locked)),
    card.checkbox && checkboxes(card.checkbox, card.main_title?.title, entry, state, locked),
    state.failed && h("p.card-failed", { role: "alert" }, icon("warn", 18), state.failed),
    buttons(phone, entry, card, state, submit),
  );
}

const firstChoice = (question) =>
  (question.option_list.find((option) => option.id === question.selected_id) ?? question.option_list[0]).id;
const checkedAtFirst = (box) => box.option_list.filter((option) => option.is_checked).map((option) => option.id);

function selector(question, entry, state, locked) {
  const id = fresh("select");
  const key = question.question_key;
  const chosen = state.choices[key]?.[0] ?? entry.selected[key]?.[0] ?? firstChoice(question);
  return h(
    "div.card-select",
    {},
    question.title && h("label", { for: id }, question.title),
    h(
      "span.select",
      {},
      h(
        "select",
        {
          id,
          disabled: locked || question.disable === true,
          "aria-label": question.title ? null : "请选择",
          dataset: { question: key },
          onchange: (event) => {
            state.choices[key] = [event.target.value];
          },
        },
        question.option_list.map((option) =>
          h("option", { value: option.id, selected: option.id === chosen }, option.text),
        ),
      ),
      icon("down", 16),
    ),
  );
}

function checkboxes(box, title, entry, state, locked) {
  const key = box.question_key;
  const group = fresh("box");
  const chosen = state.choices[key] ?? entry.selected[key] ?? checkedAtFirst(box);
  return h(
    "fieldset.card-box",
    { dataset: { question: key }, disabled: locked || box.disable === true },
    h("legend.unseen", {}, title || "请选择"),
    box.option_list.map((option) =>
      h(
        "label",
        {},
        h("input", {
          type: box.mode === 1 ? "checkbox" : "radio",
          name: group,
          value: option.id,
          checked: chosen.includes(option.id),
          onchange: (event) => {
            const all = [...event.target.closest("fieldset").querySelectorAll("input:checked")];
            state.choices[key] = all.map((input) => input.value);
          },
        }),
        h("span", {}, option.text),
      ),
    ),
  );
}

function buttons(phone, entry, card, state, submit) {
  if (entry.replaced_text) {
    return h("div.card-buttons", {}, h("button.card-button.dead", { type: "button", disabled: true }, entry.replaced_text));
  }
  const list = [...(card.button_list ?? []), ...(card.submit_button ? [card.submit_button] : [])];
  const tall = list.length > 2 || list.some((button) => [...button.text].length > 7);
  return h(
    `div.card-buttons${tall ? ".tall" : ""}`,
    {},
    list.map((button) => {
      const style = [1, 2, 3, 4].includes(button.style) ? button.style : 1;
      if (button.type === 1) return link(phone, button.url, button.text, `a.card-button.style-${style}`);
      const waits = state.pending === button.text;
      return h(
        `button.card-button.style-${style}`,
        {
          type: "button",
          disabled: !entry.live || Boolean(state.pending),
          "aria-busy": waits ? "true" : null,
          dataset: { key: button.key },
          onclick: () => submit(button.text),
        },
        waits && h("span.spinner", { "aria-hidden": "true" }),
        button.text,
      );
    }),
  );
}

/** Whether a row of the card already leads to where a press on the card would. */
function leadsThere(card, address) {
  return (card.horizontal_content_list ?? []).some((row) => row.type === 1 && row.url === address);
}
