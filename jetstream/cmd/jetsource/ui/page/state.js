// How the store is: health and gaps.

import { ask, el, link, name, note, number, rows, time } from "./dom.js";

export async function health({ root, signal, again }) {
  const symptoms = await ask("health", {}, signal);
  const words = { ok: "OK", warning: "Warning", wrong: "Wrong" };
  root.replaceChildren(el("h2", { tabIndex: -1 }, "Health"),
    el("section", { className: "card" },
      el("div", { className: "bar" }, el("p", { className: "note" }, "What jetsource doctor says; jetsource verify reads the log itself."), el("button", { type: "button", onclick: again }, "Look again")),
      el("ul", { id: "symptoms", className: "symptoms" }, symptoms.map((s) => el("li", { "data-state": s.state },
        el("span", { className: "chip", "data-state": s.state }, words[s.state] ?? s.state), el("b", {}, s.what), el("span", {}, name(s.text), s.advice && note(s.advice)))))));
}

export async function gaps({ root, signal }) {
  const all = await ask("gaps", {}, signal);
  root.replaceChildren(el("h2", { tabIndex: -1 }, "Gaps"), el("section", { className: "card" },
    el("p", { className: "note" }, "What readers pass over: commits that lost their end, and what was struck out."),
    all.length === 0 ? note("There are none.") : rows(["number:Position", ":What", ":When"], all.map((g) => [
      link(["event", g.from], g.to > g.from ? `${number(g.from)} to ${number(g.to)}` : number(g.from)),
      g.commit ? el("span", {}, "Void: commit ", name(g.commit), " lost its end") : el("span", {}, "Struck out: ", name(g.reason ?? "")),
      g.time ? time(g.time) : ""]))));
}
