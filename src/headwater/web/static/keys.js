// j k move, Enter opens, c x u decide, z takes back, n notes, / searches, ? helps. Never in a field; can be switched off.
// In the field of a reason Ctrl and Enter send it.
const OFF = "headwater-keys-off";

const here = () => document.querySelector("[data-rows] [data-here]");
const rows = () => [...document.querySelectorAll("[data-rows] > [data-finding], [data-rows] > [data-message]")];

export const isOff = () => {
  try { return localStorage.getItem(OFF) === "1"; } catch { return false; }
};

export const say = (text) => {
  const region = document.getElementById("live");
  if (region && text) region.textContent = text;
};

const go = (row) => {
  if (!row) return;
  here()?.removeAttribute("data-here");
  row.setAttribute("data-here", "");
  row.focus();
};

const press = (selector) => {
  const found = document.querySelector(selector);
  if (found) found.click();
  return Boolean(found);
};

// In the queue a decision opens the finding at its form: a reason is a person's, and no key gives one.
const step = (by) => {
  const all = rows();
  // Where a finding was decided the next key leads back to the queue.
  if (!all.length) { press('p.notice [data-act="next"]'); return; }
  const at = all.indexOf(here());
  go(all[Math.min(Math.max(at < 0 ? 0 : at + by, 0), all.length - 1)]);
};

const inField = (target) => target.closest?.("input, select, textarea, [contenteditable], dialog, summary");

const decide = (act) => {
  const row = here();
  if (row) {
    const open = row.querySelector("h2 a");
    if (act === "undo" ? row.dataset.state !== "open" : open) location.assign(`/findings/${row.dataset.finding}?act=${act}`);
    return;
  }
  const choice = document.querySelector(`form [data-choice="${act}"]`);
  if (choice) { choice.click(); document.getElementById("f-reason")?.focus(); return; }
  const folded = act === "undo" && document.querySelector("details:has(#undo-reason)");
  if (folded) { folded.open = true; document.getElementById("undo-reason").focus(); return; }
  press(`[data-act="${act}"]`);
};

const actions = {
  j: () => step(1), k: () => step(-1), c: () => decide("confirm"), x: () => decide("dismiss"), u: () => decide("unsure"),
  z: () => decide("undo"), n: () => document.getElementById("f-reason")?.focus(),
  "/": () => (document.querySelector('[name="q"]') ? document.querySelector('[name="q"]').focus() : location.assign("/search")),
  "?": () => location.assign("/help#keys"),
};

export const startKeys = () => {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches?.("form[data-form=decide] textarea")) {
      event.preventDefault();
      event.target.form.requestSubmit();
      return;
    }
    if (isOff() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || inField(event.target)) return;
    if (event.key === "Enter" && event.target.matches?.("[data-rows] > *")) {
      event.target.querySelector("a")?.click();
      return;
    }
    const act = actions[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  const box = document.getElementById("keys-off");
  if (box) {
    box.checked = isOff();
    box.addEventListener("change", () => { try { localStorage.setItem(OFF, box.checked ? "1" : "0"); } catch { /* kept nowhere */ } });
  }
};
