// What came from one request, or from one event, as a tree: it grows as it is found.

import { el, line, name, number, visible } from "./dom.js";

export function trace({ root, signal }, id) {
  const tree = el("ul", { id: "tree", className: "tree", "data-list": "" });
  const state = el("p", { id: "state", className: "note", role: "status" }, "Reading the log\u2026");
  root.replaceChildren(el("h2", { tabIndex: -1 }, "What came from ", name(id)), el("section", { className: "card" }, state, tree));
  const items = new Map(); // by event id
  let found = 0;
  const source = new EventSource(`api/trace?${new URLSearchParams({ id })}`);
  signal.addEventListener("abort", () => source.close());
  source.addEventListener("found", (message) => {
    const e = JSON.parse(message.data);
    const item = el("li", {}, line(e));
    const parent = items.get(e.causation); // what led to an event is before it
    if (e.event_id) items.set(e.event_id, item);
    found++;
    if (!parent) return tree.append(item);
    if (!parent.querySelector(":scope > ul")) parent.append(el("ul"));
    parent.querySelector(":scope > ul").append(item);
  });
  source.addEventListener("progress", (message) => {
    const { at, head } = JSON.parse(message.data);
    state.textContent = `Reading the log: ${number(at)} of ${number(head)}`;
  });
  source.addEventListener("end", (message) => {
    source.close();
    const { problem } = JSON.parse(message.data);
    state.textContent = problem ? visible(problem) : found === 0 ? "No event has this correlation, command, commit or event id." : `${number(found)} found`;
  });
  source.addEventListener("error", () => { // it would begin anew by itself
    source.close();
    state.textContent = "The connection was lost.";
  });
}
