// One entry of a chat: a bubble, a card, a notice.

import { avatar, h, icon } from "./dom.js";
import { drawCard } from "./card.js";
import { described, link, markdown, pictureAddress, rich } from "./rich.js";
import { town } from "./town.js";

const BARE = new Set(["template_card", "textcard", "news", "mpnews", "miniprogram_notice", "image"]); // no bubble around
const NAMES = { voice: "语音", video: "视频", location: "位置", link: "链接", file: "文件" };

/** The element of an entry. See drawCard for `state` and `press`. */
export function drawEntry(phone, entry, state, press) {
  const from = entry.from_me ? "me" : "app";
  const person = town.people.get(phone.userid);
  const wide = entry.kind === "template_card" && entry.card;
  return h(
    `div.entry.${from}${wide ? ".wide" : ""}`,
    { dataset: { id: entry.id, kind: entry.kind, from } },
    entry.from_me && person ? avatar(person) : !wide && h("span.avatar.app", { "aria-hidden": "true" }, "提"),
    h("span.unseen", {}, entry.from_me ? "我：" : `${town.app}：`),
    entry.recalled ? h("p.recalled", {}, "这条消息已撤回") : h("div.said", {}, content(phone, entry, state, press)),
    state.notSent && h("span.not-sent", { title: state.notSent, role: "img", "aria-label": `没有送达：${state.notSent}` }, "!"),
  );
}

function content(phone, entry, state, press) {
  const { kind, content: data } = entry;
  if (kind === "template_card" && entry.card) return drawCard(phone, entry, state, press);
  if (BARE.has(kind)) return DRAWN[kind](phone, data, entry);
  return h("div.bubble", {}, kind in DRAWN ? DRAWN[kind](phone, data, entry) : other(kind, data));
}

const DRAWN = {
  text: (phone, data, entry) => rich(phone, data.content ?? entry.text),
  markdown: (phone, data) => markdown(phone, data.content),
  image: (phone, data) =>
    h(
      "a.photo",
      { href: `api/media/${encodeURIComponent(data.media_id)}`, target: "_blank", rel: "noopener" },
      h("img", { src: `api/media/${encodeURIComponent(data.media_id)}`, alt: "图片" }),
    ),
  textcard: (phone, data) =>
    h(
      "article.card",
      { dataset: { cardType: "textcard" } },
      h("div.card-main", {}, h("h3.card-title", {}, data.title), h("div.card-text", {}, described(data.description))),
      h("div.card-jumps", {}, link(phone, data.url, [h("span", {}, data.btntxt || "详情"), icon("right", 16)], "a.card-jump.card-open")),
    ),
  news: (phone, data) => articles(phone, data.articles),
  mpnews: (phone, data) => articles(phone, data.articles),
  miniprogram_notice: (phone, data) =>
    h(
      "article.card",
      { dataset: { cardType: "miniprogram_notice" } },
      h(
        "div.card-main",
        {},
        h("h3.card-title", {}, data.title),
        data.description && h("p.card-desc", {}, data.description),
        h("dl.card-facts", {}, (data.content_item ?? []).map((item) => h("div", {}, h("dt", {}, item.key), h("dd", {}, item.value)))),
      ),
    ),
};

function articles(phone, list) {
  return h(
    "article.card.news",
    { dataset: { cardType: "news" } },
    list.map((article) => {
      const picture = pictureAddress(phone.userid, article.picurl);
      const inner = [
        picture && h("img", { src: picture, alt: "" }),
        h("span.card-beside", {}, h("strong", {}, article.title), (article.description || article.digest) && h("span", {}, article.description || article.digest)),
      ];
      return article.url ? link(phone, article.url, inner, "a.news-row") : h("div.news-row", {}, inner);
    }),
  );
}

function other(kind, data) {
  return [icon(kind === "file" ? "file" : "list", 18), ` ${NAMES[kind] ?? kind}`, data.filename ? `：${data.filename}` : ""];
}
