"use strict";
// A draft was handed in or deleted before everything typed on its page could be saved: what is left is shown to its writer.
(() => {
  const place = document.getElementById("kept");
  let left = {};
  try { left = JSON.parse(localStorage.getItem(place.dataset.key)) || {}; } catch { /* nothing is kept here */ }
  const words = (value) => [value].flat().map((one) => (typeof one === "object" ? one.note : one)).join("\n");
  for (const { value } of Object.values(left)) {
    const text = words(value);
    if (!text.trim()) continue;
    place.append(Object.assign(document.createElement("p"), { className: "text", textContent: text }));
    place.hidden = false;
  }
})();
