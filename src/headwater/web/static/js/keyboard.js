// Work by keyboard: j k move, Enter opens, c x u z n act on the row, / searches, ? helps. Single letters can be switched
// off (WCAG 2.1.4) and never fire in a field, with a modifier held, or while a dialog is open.

const SWITCH = "headwater.keys";
const NEXT = "headwater.next";
const ROWS = "[data-row], [data-finding], [data-message], [data-alert]";
const ACTS = { c: "confirm", x: "dismiss", u: "unsure", z: "undo", n: "note" };

/** Whether single letters act; the user's own switch, on unless set off. */
export function isOn() {
  return document.documentElement.dataset.keys !== "off" && localStorage.getItem(SWITCH) !== "off";
}

function rows() {
  const found = [...document.querySelectorAll(ROWS)].filter((row) => row.matches("tr, li, article, [data-row]"));
  return found.filter((row) => row.getClientRects().length > 0 && !found.some((other) => other !== row && other.contains(row)));
}

function current() {
  const all = rows();
  return all.find((row) => row.contains(document.activeElement)) || all.find((row) => row.classList.contains("is-current"));
}

/** Say something to who listens; the region is polite and lies at the end of the page. */
export function tell(text) {
  let region = document.getElementById("live");
  if (!region) {
    region = document.createElement("div");
    region.id = "live";
    region.className = "visually-hidden";
    region.setAttribute("role", "status");
    document.body.append(region);
  }
  region.textContent = text;
}

function choose(row) {
  if (!row) return;
  for (const other of document.querySelectorAll(".is-current")) other.classList.remove("is-current");
  row.classList.add("is-current");
  const target = row.querySelector("a[href]") || row;
  if (target === row && !row.hasAttribute("tabindex")) row.setAttribute("tabindex", "-1");
  target.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  const all = rows();
  tell(`${all.indexOf(row) + 1} / ${all.length}. ${(target.textContent || "").trim().slice(0, 160)}`);
}

function step(by) {
  const all = rows();
  const at = all.indexOf(current());
  choose(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))]);
}

function identity(row) {
  return row && (row.dataset.finding || row.dataset.message || row.dataset.alert || row.dataset.row);
}

function act(name) {
  const row = current();
  const selector = `[data-act="${name}"]:not(:disabled)`;
  const pane = row && document.querySelector(`.pane[data-finding="${CSS.escape(identity(row) || "")}"]`);
  const target =
    (row && row.querySelector(selector)) || (pane && pane.querySelector(selector)) ||
    (row && rows().length > 1 ? null : document.querySelector(`main ${selector}`)) ||
    document.querySelector(`main .pane ${selector}`);
  if (!target) return false;
  if (name === "note" && target.matches("input, textarea, details")) {
    if (target.matches("details")) target.open = true;
    (target.matches("details") ? target.querySelector("input, textarea") || target : target).focus();
    return true;
  }
  target.click();
  return true;
}

function remember(form) {
  const held = form.querySelector("[data-act]");
  if (!held && form.dataset.form !== "decide") return;
  const all = rows();
  const at = all.findIndex((row) => row.contains(form) || row.classList.contains("is-current"));
  const next = all[at + 1] || all[at - 1];
  if (at >= 0 && next) sessionStorage.setItem(NEXT, identity(next) || "");
}

function resume() {
  const wanted = sessionStorage.getItem(NEXT);
  if (wanted === null) return;
  sessionStorage.removeItem(NEXT);
  const row = rows().find((each) => identity(each) === wanted);
  const flash = document.querySelector(".success, .error");
  if (row) choose(row);
  if (flash) tell(flash.textContent.trim());
}

function inField(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable], [role=slider], .canvas") !== null;
}

function help() {
  const dialog = document.getElementById("keys-help");
  if (dialog && dialog.showModal) dialog.showModal();
  else location.assign("/help#keys");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
  if (event.repeat && !"jk".includes(event.key)) return;
  if (inField(event.target) || document.querySelector("dialog[open]") || !isOn()) return;
  let done = true;
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "/") {
    const field = document.querySelector('input[name="q"]');
    if (field) field.focus();
    else location.assign("/search");
  } else if (event.key === "?") help();
  else if (event.key === "Enter" && !event.target.closest("a, button, summary")) {
    const link = current()?.querySelector("a[href]");
    if (link) link.click();
    else done = false;
  } else if (ACTS[event.key]) done = act(ACTS[event.key]);
  else done = false;
  if (done) event.preventDefault();
});

document.addEventListener("submit", (event) => remember(event.target));
document.addEventListener("click", (event) => {
  const row = event.target instanceof Element && event.target.closest(ROWS);
  if (!row || !row.matches("tr, li, article, [data-row]")) return;
  for (const other of document.querySelectorAll(".is-current")) other.classList.remove("is-current");
  row.classList.add("is-current");
});
document.addEventListener("htmx:after:swap", resume);

for (const box of document.querySelectorAll("input[data-keys-switch]")) {
  box.checked = isOn();
  box.addEventListener("change", () => {
    localStorage.setItem(SWITCH, box.checked ? "on" : "off");
    tell(box.closest("label")?.textContent.trim() || "");
  });
}
resume();
