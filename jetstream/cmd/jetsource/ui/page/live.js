// What happens: how much of what, and the last events.

import { count, el, line, name, number, rows } from "./dom.js";

const most = 50;

export function live({ root }) {
  const now = el("dd", { id: "rate" }, "0");
  const minute = el("dd", { id: "minute" }, "0");
  const head = el("dd", { id: "head" }, "0");
  const chart = svg("svg", { id: "chart", role: "img", preserveAspectRatio: "none", viewBox: "0 0 60 40" });
  const kinds = el("div", { id: "rates" });
  const list = el("ol", { id: "events", className: "lines", "data-list": "" });
  const none = el("p", { className: "note" }, "No events yet.");
  let paused = false;
  const pause = el("button", { id: "pause", type: "button", onclick() {
    paused = !paused;
    pause.textContent = paused ? "Go on" : "Pause";
    if (!paused) add(held.splice(0));
  } }, "Pause");
  const held = []; // while it is paused

  root.replaceChildren(el("h2", { tabIndex: -1 }, "Live"),
    el("div", { className: "columns" },
      el("section", { className: "card rates" },
        el("dl", { className: "totals" },
          el("div", {}, el("dt", {}, "events a second"), now), el("div", {}, el("dt", {}, "in the last minute"), minute), el("div", {}, el("dt", {}, "position"), head)),
        chart),
      el("section", { className: "card" }, el("h3", {}, "Kinds, in the last minute"), kinds)),
    el("section", { className: "card" }, el("div", { className: "bar" }, el("h3", {}, "Last events"), pause), none, list));

  function add(events) {
    const seen = new Set([...list.children].map((item) => item.dataset.position));
    list.prepend(...events.filter((e) => !seen.has(String(e.position))).map((e) => el("li", { "data-position": e.position }, line(e))));
    for (const item of [...list.children].slice(most)) {
      if (!item.contains(document.activeElement)) item.remove();
    }
    none.hidden = list.childElementCount > 0;
  }

  return {
    update(update) {
      const sum = update.counts.reduce((a, b) => a + b, 0);
      const rate = update.counts.slice(-6, -1).reduce((a, b) => a + b, 0) / 5; // the current second is not over
      now.textContent = rate < 10 && rate > 0 ? rate.toFixed(1) : number(Math.round(rate));
      minute.textContent = number(sum);
      head.textContent = number(update.head);
      draw(chart, update.counts, sum);
      const sorted = Object.entries(update.kinds).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, 12);
      kinds.replaceChildren(sorted.length === 0 ? el("p", { className: "note" }, "None.")
        : rows([":Kind", "number:Events", "number:Share"], sorted.map(([kind, n]) => [name(kind), number(n), `${Math.round((100 * n) / sum)} %`])));
      if (paused) held.unshift(...update.events);
      else add(update.events);
      held.splice(most);
    },
  };
}

function svg(tag, attributes) {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  return e;
}

function draw(chart, counts, sum) {
  const top = Math.max(4, ...counts);
  chart.setAttribute("aria-label", `${count(sum, "event")} in the last minute, at most ${number(Math.max(...counts))} a second`);
  chart.replaceChildren(...counts.map((n, i) => {
    const height = n === 0 ? 0.4 : Math.max(1, (40 * n) / top);
    return svg("rect", { x: i + 0.1, y: 40 - height, width: 0.8, height, class: n === 0 ? "zero" : "" });
  }));
}
