/** What runs in the browser: it shows the pieces that come, and says which runs are to be drawn. */

/** Plain JavaScript; it asks for nothing but `live` beside the page. */
export const client = String.raw`"use strict";
const byId = (id) => document.getElementById(id);
let source;

/** Puts new content in, and leaves scrolling and focus as they were. */
function show(id, html) {
  const piece = byId(id);
  const scrolled = [...piece.querySelectorAll(".scroll, .keys")].map(({ scrollLeft, scrollTop }) => [scrollLeft, scrollTop]);
  const focused = piece.contains(document.activeElement) ? document.activeElement.value : undefined;
  piece.innerHTML = html;
  [...piece.querySelectorAll(".scroll, .keys")].forEach((element, i) => {
    [element.scrollLeft, element.scrollTop] = scrolled[i] ?? [0, 0];
  });
  if (focused !== undefined) boxes().find(({ value }) => value === focused)?.focus();
  if (id === "runs") filter();
  if (id === "charts") document.dispatchEvent(new Event("millrace-shown"));
}

function boxes() {
  return [...document.querySelectorAll("#runs input[name=run]")];
}

function filter() {
  const wanted = byId("filter").value.toLowerCase();
  for (const row of document.querySelectorAll("#runs tbody tr"))
    row.hidden = !row.firstElementChild.textContent.toLowerCase().includes(wanted);
}

function say(text, style) {
  const live = byId("live");
  live.textContent = text;
  live.className = style;
}

function follow() {
  source?.close();
  source = new EventSource("live" + location.search);
  source.onopen = () => say("live", "on");
  source.onerror = () => say("not connected: is millrace ui still there?", "off");
  source.onmessage = ({ data }) => {
    for (const [id, html] of Object.entries(JSON.parse(data))) show(id, html);
  };
}

/** The address has what is chosen, so that it lasts; each run keeps its look. */
function choose() {
  const slots = [];
  const added = [];
  for (const { id, value, checked } of boxes()) {
    const place = Number(id.slice("show-".length));
    if (checked && Number.isInteger(place)) slots[place] = value;
    else if (checked) added.push(value);
  }
  for (const value of added) {
    const free = Array.from(slots, (slot) => slot ?? "").indexOf("");
    slots[free < 0 ? slots.length : free] = value;
  }
  const query = new URLSearchParams(location.search);
  query.delete("run");
  for (const slot of slots.length === 0 ? [""] : slots) query.append("run", slot ?? "");
  history.replaceState(null, "", "?" + query);
  follow();
}

document.addEventListener("change", ({ target }) => {
  if (target.name === "run") choose();
  if (target.name !== "unit") return;
  const query = new URLSearchParams(location.search);
  query.set("unit", target.value);
  history.replaceState(null, "", "?" + query);
  follow();
});
byId("filter").addEventListener("input", filter);
follow();
`;
