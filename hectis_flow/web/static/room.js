/* What pages do besides, where scripts run: they say that something changed, that a form was not sent, and hear keys. */
"use strict";
const own = document.currentScript.dataset;
const find = (what, where = document) => where.querySelector(what);
const make = (name, with_) => Object.assign(document.createElement(name), with_);
const bar = find("#live");
const live = find("main").dataset.live;
const said = {};
let born = 0;

// One line at the foot of the screen, which moves nothing: the most pressing of what is to be said.
const say = (about, line) => {
  if (String(said[about] || "") === String(line || "")) return;
  said[about] = line;
  const [words, path, word] = said.sent || said.line || said.news || [];
  bar.replaceChildren();
  if (!words) return;
  born = Date.now();
  bar.append(make("p", { textContent: words }));
  if (!path) return;
  const link = make("a", { className: "button", href: path, textContent: word });
  // Not for a thumb that was on its way to what stood here before.
  link.addEventListener("click", (event) => { if (event.detail && Date.now() - born < 600) event.preventDefault(); });
  bar.append(link);
};

// What changed: the browser asks anew by itself each time the answer has ended.
let source, timer, over = !live;
const hear = (data) => {
  const told = JSON.parse(data);
  if (told.end) { over = true; quiet(); }
  say("news", told.said ? [told.said, told.show, told.word] : null);
};
const quiet = () => {
  clearTimeout(timer);
  if (source) source.close();
};
const poll = async () => {
  try {
    const answer = await fetch(live);
    const found = /^data: (.*)$/m.exec(answer.ok ? await answer.text() : "");
    if (found) hear(found[1]);
  } catch { /* asked again */ }
  if (!over) timer = setTimeout(poll, 30000);
};
const listen = () => {
  quiet();
  if (over || document.hidden || !navigator.onLine) return;
  if (!window.EventSource) return void poll();
  source = new EventSource(live);
  source.onmessage = (told) => hear(told.data);
  source.onerror = () => { if (source.readyState === 2) timer = setTimeout(poll, 30000); };
};
const line = () => {
  say("line", navigator.onLine ? null : [own.offline]);
  if (navigator.onLine) say("sent", null);
  listen();
};
document.addEventListener("visibilitychange", listen);
for (const name of ["online", "offline"]) window.addEventListener(name, line);

// Forms: the button says that it works, and comes back when no answer does.
const busy = new Map();
const work = (form, button) => {
  busy.set(form, button ? [...button.childNodes] : []);
  if (!button) return;
  button.replaceChildren(own.working);
  button.setAttribute("aria-disabled", "true");
};
const rest = (form, button) => {
  const was = busy.get(form);
  busy.delete(form);
  if (!button || !was) return;
  button.replaceChildren(...was);
  button.removeAttribute("aria-disabled");
};
const put = (html) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  document.title = page.title;
  find("main").replaceWith(find("main", page));
  const alert = find("[role=alert], [role=status]") || find("h1");
  alert.tabIndex = -1;
  alert.focus();
};
const send = async (form, button) => {
  const data = new FormData(form);
  if (button && button.name) data.append(button.name, button.value);
  const body = form.enctype.startsWith("multipart") ? data : new URLSearchParams(data);
  try {
    const path = (button && button.getAttribute("formaction")) || form.getAttribute("action") || location.href;
    const answer = await fetch(path, { method: "POST", body, headers: { "X-Hectis-Script": "1" } });
    say("sent", null);
    const on = answer.headers.get("Location");
    if (on) return location.assign(on);
    if (!/html/.test(answer.headers.get("Content-Type"))) throw new TypeError();
    put(await answer.text());
  } catch { say("sent", [own.unsent]); }
  rest(form, button);
};
document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  if (!navigator.onLine) say("sent", [own.offline]);
  if (busy.has(form) || !navigator.onLine) return event.preventDefault();
  // The door, and what is marked so, goes the browser's own way: it offers to keep a password, or a file.
  const plain = !own.keys || form.matches("[data-plain]");
  if (plain) return void setTimeout(() => work(form, button));
  event.preventDefault();
  work(form, button);
  send(form, button);
});
window.addEventListener("pageshow", () => {
  for (const form of [...busy.keys()]) rest(form, find("[aria-disabled]", form));
  line();
});

const actor = (place) => find(".button, button, summary", place) || find("a[href]", place);
const row = () => document.activeElement.closest(".rows > li");
const go = (path) => { const link = find(`nav a[href="${path}"]`); if (link) link.click(); };
const step = (by) => {
  const rows = [...document.querySelectorAll(".rows > li")].filter(actor);
  const next = rows[row() ? rows.indexOf(row()) + by : 0];
  if (next) actor(next).focus();
};
const act = () => {
  const place = row() || find("section[aria-labelledby=do]") || find(".rows > li");
  const it = place && actor(place);
  if (!it) return;
  it.focus();
  // What a form of its own does can be taken back; any other button is pressed by Enter.
  if (!it.form || it.form.matches(".plain")) it.click();
};
const keys = {
  "g q": () => go("/queue"),
  "g c": () => go("/cases"),
  "/": () => { const field = find("[role=search] input:not([type=hidden])"); if (field) field.focus(); else go("/cases"); },
  j: () => step(1),
  k: () => step(-1),
  a: act,
  "?": () => find("#keys").showModal(),
};
let before = "";
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable], dialog");
  if (own.keys !== "on" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const does = keys[before + event.key];
  before = event.key === "g" ? "g " : "";
  if (!does) return;
  event.preventDefault();
  does();
});
