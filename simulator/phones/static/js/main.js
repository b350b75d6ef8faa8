// Begins: reads the town, builds the head, lays out the phones, follows what happens.

import { h } from "./dom.js";
import { buildHead } from "./head.js";
import { Panel } from "./panel.js";
import { Table } from "./table.js";
import { follow, load } from "./town.js";

const part = (id) => document.getElementById(id);

async function begin() {
  const panel = new Panel(part("panel"));
  buildHead(part("head"), (button) => panel.toggle(button));
  const table = new Table(part("stage"), part("tabs"));
  follow();
  await load();
  table.fromAddress();
  panel.fromAddress();
  document.body.dataset.ready = "true";
}

begin().catch((error) => {
  part("stage").replaceChildren(h("p.fatal", { role: "alert" }, `打不开演练：${error.message}`));
});
