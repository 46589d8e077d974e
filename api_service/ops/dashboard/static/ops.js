// Makes the dashboard's pages live: every page is asked for again and patched by key. Without it all works by reload.

const EVERY = 2000, SLOWEST = 60000, ANNOUNCE = 30000;
const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const live = $("#live"), words = $("#live-words"), announcer = $("#announcer");
// A page that answers a form cannot be asked for again: its address is the form's.
let paused = live !== null && "still" in live.dataset, wait = EVERY, timer = 0, announced = 0, asking = false;

function say(text, state) {
  words.textContent = text;
  live.classList.toggle("on", state === "on");
  live.classList.toggle("off", state === "off");
}

function announce(text) {
  const now = Date.now();
  if (now - announced < ANNOUNCE) return;
  announced = now;
  announcer.textContent = text;
}

// Live figures

const ticked = () => all('input[name="id"]:checked');
const typed = (element) => all("input, textarea", element).some((field) => field.value !== field.defaultValue);
const busy = (element) => element.contains(document.activeElement) || $("details[open], input:checked", element) || typed(element);

function patch(fresh) {
  for (const part of all("[data-live]")) {
    const newer = $(`[data-live="${CSS.escape(part.dataset.live)}"]`, fresh);
    if (!newer) continue;
    if (newer.hasAttribute("data-unread")) { part.classList.add("stale"); continue; }
    part.classList.remove("stale");
    if (part.innerHTML === newer.innerHTML || busy(part)) continue;
    part.className = newer.className;
    part.replaceChildren(...newer.childNodes);
    startCopying(part);
    startChart(part);
  }
  const rows = $("[data-live-rows]"), newRows = $("[data-live-rows]", fresh);
  if (rows) patchRows(rows, newRows);
}

// The rows that the reader does not see and would expect to: those that stand before a row which is known, or anywhere
// in a list that has no next page. Rows that only moved up from the next page are no news.
function news(order, known, hasMore) {
  const last = hasMore ? order.findLastIndex((key) => known.has(key)) : order.length;
  return (last < 0 ? order : order.slice(0, last)).filter((key) => !known.has(key)).length;
}

function patchRows(table, fresh) {
  const known = new Set(all("tr[data-key]", table).map((row) => row.dataset.key));
  const order = fresh ? all("tr[data-key]", fresh).map((row) => row.dataset.key) : [];
  const newer = new Map(fresh ? all("tr[data-key]", fresh).map((row) => [row.dataset.key, row]) : []);
  for (const row of all("tr[data-key]", table)) {
    const next = newer.get(row.dataset.key);
    row.classList.toggle("gone", !next);
    if (!next || busy(row)) continue;
    [...row.cells].forEach((cell, place) => {
      const other = next.cells[place];
      if (!other || cell.classList.contains("tick") || cell.innerHTML === other.innerHTML) return;
      cell.dataset.label = other.dataset.label ?? "";
      cell.replaceChildren(...other.childNodes);
    });
  }
  const more = $("#newer");
  if (!more) return;
  const count = news(order, known, "more" in table.dataset);
  more.hidden = count === 0;
  more.textContent = `${count} ${more.dataset.words}, show`;
}

// While rows are ticked, or the reader has paused, nothing on the page changes: not by an answer under way either.
const held = () => paused || ticked().length > 0;

async function ask() {
  if (asking || held() || document.hidden) return;
  asking = true;
  try {
    const answer = await fetch(location.href, { headers: { "X-Live": "1" }, credentials: "same-origin" });
    if (answer.status === 401) { signedOut(); return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (held()) return;
    const before = $("[data-announce]")?.textContent;
    patch(fresh);
    const after = $("[data-announce]")?.textContent;
    if (after && after !== before) announce(after.trim().replace(/\s+/g, " "));
    wait = EVERY;
    say(`Live, ${$("#live", fresh).dataset.loaded}`, "on");
  } catch {
    if (held()) return;
    wait = Math.min(wait * 2, SLOWEST);
    say(`Not live, trying again in ${Math.round(wait / 1000)} s`, "off");
  } finally {
    asking = false;
    again();
  }
}

function again() {
  clearTimeout(timer);
  if (!paused && !document.hidden) timer = setTimeout(ask, wait);
}

// Text that was typed when the session ended survives the way through the sign-in page, in this tab alone.
const TYPED = "punctual-typed";
const page = () => location.pathname + location.search;

function keepTyped() {
  const fields = all("input[id], textarea[id]").filter((field) => field.type !== "password" && field.value !== field.defaultValue);
  if (fields.length) sessionStorage.setItem(TYPED, JSON.stringify({ page: page(), fields: fields.map((field) => [field.id, field.value]) }));
}

function restoreTyped() {
  const kept = JSON.parse(sessionStorage.getItem(TYPED) ?? "null");
  if (kept?.page !== page()) return;
  sessionStorage.removeItem(TYPED);
  for (const [id, value] of kept.fields) {
    const field = document.getElementById(id);
    if (!field) continue;
    field.value = value;
    const around = field.closest("details:not(.menu)");
    if (around) around.open = true;
  }
}

function signedOut() {
  paused = true;
  const link = document.createElement("a");
  link.href = `/ops/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
  link.textContent = "Signed out, sign in again";
  link.addEventListener("click", keepTyped);
  words.replaceChildren(link);
  live.classList.add("off");
}

function startLive() {
  if ("still" in live.dataset) return;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Pause";
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    if (paused) say("Paused"); else ask();
  });
  live.append(button);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  again();
}

// Selecting rows

function startSelection() {
  const form = $("#selection");
  if (!form) return;
  const told = $("#selected"), first = $("th.tick", form), boxes = () => all('input[name="id"]', form);
  const everything = document.createElement("input");
  everything.type = "checkbox";
  everything.setAttribute("aria-label", "Select all on this page");
  first.replaceChildren(everything);
  const update = () => {
    const count = ticked().length;
    told.textContent = count ? `${count} selected` : "None selected";
    all(".selection button", form).forEach((button) => { button.disabled = !count; });
    everything.checked = count > 0 && count === boxes().length;
    everything.indeterminate = count > 0 && !everything.checked;
    if (count) say(`Paused while ${count} ${count === 1 ? "is" : "are"} selected`); else if (told.dataset.count > 0 && !paused) ask();
    told.dataset.count = count;
  };
  everything.addEventListener("change", () => { boxes().forEach((box) => { box.checked = everything.checked; }); update(); });
  form.addEventListener("change", (event) => { if (event.target.name === "id") update(); });
  update();
}

// Keys

const KEYS = "punctual-keys";
let went = 0;

function help() {
  let dialog = $("#keys");
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.id = "keys";
    dialog.setAttribute("aria-labelledby", "keys-title");
    const title = document.createElement("h2");
    title.id = "keys-title";
    title.textContent = "Keys";
    const list = document.createElement("dl");
    list.className = "keys";
    const known = [["/", "search"], ["j  k", "next, previous row"], ["x", "tick the row"], ["Enter", "open the row"], ["?", "this help"]];
    for (const link of all("[data-go]")) known.push([`g ${link.dataset.go}`, link.firstChild.textContent.trim()]);
    for (const [key, meaning] of known) {
      const term = document.createElement("dt"), kbd = document.createElement("kbd"), what = document.createElement("dd");
      kbd.textContent = key;
      what.textContent = meaning;
      term.append(kbd);
      list.append(term, what);
    }
    const off = document.createElement("button"), close = document.createElement("button");
    off.type = close.type = "button";
    const label = () => { off.textContent = localStorage.getItem(KEYS) === "off" ? "Switch the keys on" : "Switch the keys off"; };
    off.addEventListener("click", () => { localStorage.setItem(KEYS, localStorage.getItem(KEYS) === "off" ? "on" : "off"); label(); });
    close.textContent = "Close";
    close.addEventListener("click", () => dialog.close());
    label();
    const buttons = document.createElement("div");
    buttons.className = "actions";
    buttons.append(close, off);
    dialog.append(title, list, buttons);
    document.body.append(dialog);
  }
  dialog.showModal();
}

function move(step) {
  const links = all("tbody .row-link");
  if (!links.length) return;
  const row = document.activeElement?.closest("tr");
  const place = links.findIndex((link) => link.closest("tr") === row);
  links[Math.min(Math.max(place + step, 0), links.length - 1)].focus();
}

function pressed(event) {
  const typing = event.target.matches("input:not([type=checkbox]), select, textarea") || $("dialog[open]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "?") { event.preventDefault(); help(); return; }
  if (localStorage.getItem(KEYS) === "off") return;
  if (Date.now() - went < 1500) {
    went = 0;
    const link = $(`[data-go="${CSS.escape(event.key)}"]`);
    if (link) { event.preventDefault(); link.click(); }
    return;
  }
  const box = $('input[name="id"]', document.activeElement?.closest("tr") ?? document.createElement("p"));
  switch (event.key) {
    case "/": event.preventDefault(); $("#search")?.focus(); break;
    case "g": went = Date.now(); break;
    case "j": move(1); break;
    case "k": move(-1); break;
    case "x": if (box) { event.preventDefault(); box.click(); } break;
  }
}

// The chart: one tab stop, arrow keys from bar to bar; the figures of the bar that is pointed at or focused are written below it

function startChart(within = document) {
  const bars = all("svg a[data-read]", within), told = $("[data-chart-read]", within);
  if (!bars.length || !told) return;
  bars.forEach((bar, place) => {
    bar.setAttribute("tabindex", place === bars.length - 1 ? "0" : "-1");
    const tell = () => { told.textContent = bar.dataset.read; };
    bar.addEventListener("mouseenter", tell);
    bar.addEventListener("focus", () => { bars.forEach((other) => other.setAttribute("tabindex", other === bar ? "0" : "-1")); tell(); });
    bar.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: bars.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      bars[Math.min(Math.max(to, 0), bars.length - 1)].focus();
    });
  });
}

// Small comforts

function startCopying(within = document) {
  for (const code of all("[data-copy]", within)) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => { await navigator.clipboard.writeText(code.textContent); button.textContent = "Copied"; });
    code.after(" ", button);
  }
}

function startMenus() {
  document.addEventListener("click", (event) => all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; }));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") all("details.menu[open]").forEach((menu) => { menu.open = false; $("summary", menu).focus(); }); });
}

if (live) {
  startLive();
  restoreTyped();
  startSelection();
  startCopying();
  startChart();
  startMenus();
  document.addEventListener("keydown", pressed);
}
