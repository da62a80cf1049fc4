// One event in full, and what can be done about it.

import { $, ask, card, code, el, link, name, note, number, read, time, visible } from "./dom.js";

// keepToken takes the token out of the address that the program printed, if the page was
// opened by that; a reload finds it again.
export function keepToken(about) {
  const token = /^#token=(\w+)$/.exec(location.hash)?.[1];
  if (token) {
    sessionStorage.setItem("token", token);
    history.replaceState(null, "", location.pathname);
  }
  about.token = sessionStorage.getItem("token") ?? "";
  return about;
}

export async function event(context, at) {
  const e = await ask("event", { at }, context.signal);
  const fact = (title, ...what) => what[0] && el("div", {}, el("dt", {}, title), el("dd", {}, ...what));
  const id = (title, text) => text && fact(title, link(["trace", text], name(text)));
  context.root.replaceChildren(
    el("h2", { tabIndex: -1 }, `${number(e.position)} `, name(e.kind)),
    el("p", { className: "bar" },
      e.position > 1 && link(["event", e.position - 1], "Previous position"), link(["event", e.position + 1], "Next position"),
      !e.system && link(["history", e.aggregate, e.id], "History of its aggregate"), e.event_id && link(["trace", e.event_id], "What came from it")),
    ...(e.passed ? [note(`Readers pass over it: ${e.passed}`, "bad")] : []),
    ...(e.problem ? [note(`It cannot be read in full: ${e.problem}`, "bad")] : []),
    el("div", { className: "columns" },
      card("Payload", code(e.data, { id: "data" }), e.metadata && el("h3", {}, "Metadata"), e.metadata && code(e.metadata)),
      el("section", { className: "card" }, el("h3", {}, "Envelope"), el("dl", { className: "facts" },
        fact("Aggregate", name(e.aggregate), " ", name(e.id)), fact("Time", time(e.time)), fact("Codec", e.codec && name(e.codec)),
        fact("Place in its commit", e.place), id("Event id", e.event_id), id("Commit", e.commit), id("Command", e.command),
        id("Correlation", e.correlation), id("Caused by", e.causation)))),
    ...(context.store.write && !e.passed ? [strike(context, e)] : []));
}

// strike is the form that has readers pass over the event, for a page that may write.
function strike({ store, again }, e) {
  if (!store.token) return note("To strike it out, open the address that jetsource ui printed.");
  const reason = el("input", { id: "reason", required: true, maxLength: 500, autocomplete: "off" });
  const result = el("p", { id: "result", className: "note bad", role: "status" });
  const button = el("button", { id: "strike", className: "danger" }, "Strike out");
  const form = el("form", { className: "fields", async onsubmit(submitted) {
    submitted.preventDefault();
    if (button.disabled || !confirm(`Every reader will pass over position ${e.position}, for ever.`)) return;
    button.disabled = true;
    try {
      await read(await fetch("api/strike", { method: "POST", headers: { "Content-Type": "application/json", "Jetsource-Token": store.token }, body: JSON.stringify({ position: e.position, reason: reason.value }) }));
      await again();
      $("view").querySelector("h2")?.focus();
    } catch (problem) {
      result.textContent = visible(problem.message);
      button.disabled = false;
    }
  } }, el("label", {}, "Why (recorded for ever, in plain text)", reason), button);
  return card("Have readers pass over it", el("p", { className: "note" }, "For a message of another program, or an event that nothing can decode. Snapshots and read models of its aggregate are yours to drop."), form, result);
}
