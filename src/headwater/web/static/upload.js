// A file goes up piece by piece with a bar; where the connection breaks it goes on where it stopped, also after the page was closed.
// Without this script the form sends the file whole. The sum at the end is over the sums of its chunks: pieces of two files never meet.
const PIECE = 4 * 1024 * 1024;
const FIRST = 256 * 1024;
const CHUNK = 1024 * 1024;
const STALLED_MS = 30000;
const WAITS_MS = [500, 1000, 2000, 4000, 8000, 15000, 15000, 30000, 30000, 60000, 60000];

class Refused extends Error {
  constructor(request) {
    super(String(request.status));
    this.request = request;
  }
}

// A line that is dead and does not say so is given up; what came over it is kept at the other end.
const send = (address, body, heads, told = () => {}) => new Promise((done, fail) => {
  const request = new XMLHttpRequest();
  let alarm = 0;
  const alive = () => {
    clearTimeout(alarm);
    alarm = setTimeout(() => request.abort(), STALLED_MS);
  };
  request.open("POST", address);
  for (const [name, value] of Object.entries(heads)) request.setRequestHeader(name, value);
  request.upload.addEventListener("progress", (event) => { alive(); told(event.loaded); });
  request.addEventListener("loadend", () => {
    clearTimeout(alarm);
    // A server that is just starting, or overrun, is asked again like one that is away.
    if (request.status === 0 || request.status === 429 || request.status === 502 || request.status === 503) fail(new TypeError("away"));
    else if (request.status >= 400) fail(new Refused(request));
    else done(request);
  });
  alive();
  request.send(body);
});

const pause = (wait) => new Promise((done) => {
  const end = () => { clearTimeout(timer); removeEventListener("online", end); done(); };
  const timer = setTimeout(end, wait);
  addEventListener("online", end);
});

const hex = (bytes) => [...new Uint8Array(bytes)].map((one) => one.toString(16).padStart(2, "0")).join("");

const sumOf = async (file) => {
  const sums = [];
  for (let at = 0; at < file.size; at += CHUNK) {
    sums.push(await crypto.subtle.digest("SHA-256", await file.slice(at, at + CHUNK).arrayBuffer()));
  }
  return hex(await crypto.subtle.digest("SHA-256", await new Blob(sums).arrayBuffer()));
};

// Asks how far it is and sends the rest; whatever breaks, it asks again after a while. It goes on with a small piece and larger ones after it:
// what came over the line that broke may still be written away, and a piece that meets it is sent again.
const raise = async (form, file, told) => {
  const token = form.elements.form_token.value;
  const about = new URLSearchParams({ name: file.name, size: file.size, changed: file.lastModified });
  for (let broke = 0; ;) {
    try {
      let held = JSON.parse((await send(form.dataset.upload, about, { "X-Form-Token": token })).responseText);
      let most = held.at > 0 ? FIRST : PIECE;
      while (held.at < file.size) {
        const { at } = held;
        const address = `${form.dataset.upload}/${held.upload}?at=${at}`;
        const heads = { "X-Form-Token": token, "Content-Type": "application/octet-stream" };
        told.sent(at, at > 0);
        held = JSON.parse((await send(address, file.slice(at, at + most), heads, (loaded) => told.sent(at + loaded))).responseText);
        most = Math.min(4 * most, PIECE);
        broke = 0;
      }
      told.sent(file.size);
      return held.upload;
    } catch (error) {
      // Another place than we thought: asked again at once. Everything else that is refused is final.
      if (error instanceof Refused && error.request.status !== 409) throw error;
      if (broke >= WAITS_MS.length) throw error;
      told.broke();
      await pause(WAITS_MS[broke]);
      broke += 1;
    }
  }
};

const start = async (form) => {
  const bar = form.querySelector("[data-progress]");
  const button = form.querySelector("button:not([type=button])");
  const [words, line] = [form.dataset, bar.querySelector("span")];
  const say = (text) => { line.textContent = text; };
  const percent = (at, size) => { bar.querySelector("progress").value = Math.floor((100 * at) / size); };
  const data = new FormData(form);
  const file = data.get("file");
  form.querySelector("[data-refused]")?.remove();
  bar.hidden = false;
  bar.removeAttribute("role");
  button.disabled = true;
  let began = -1;
  try {
    const upload = await raise(form, file, {
      sent: (at, again) => {
        percent(at, file.size);
        if (began < 0) began = again ? at : 0;
        say(`${Math.floor((100 * at) / file.size)} %${began > 0 ? ` · ${words.resumed}` : ""}`);
      },
      broke: () => say(words.waits),
    });
    say(words.checks);
    data.delete("file");
    data.set("upload", upload);
    data.set("sum", await sumOf(file));
    const request = await send(form.action, data, {});
    location.assign(request.responseURL);
  } catch (error) {
    button.disabled = false;
    if (!(error instanceof Refused)) {
      say(words.broken);
      bar.setAttribute("role", "alert");
      return;
    }
    bar.hidden = true;
    refuse(form, error.request);
  }
};

const refuse = (form, request) => {
  const page = new DOMParser().parseFromString(request.responseText, "text/html").getElementById("main");
  const refused = document.createElement("div");
  refused.className = "refusal";
  refused.setAttribute("role", "alert");
  refused.dataset.refused = request.status;
  const told = [...(page?.querySelectorAll(".refusal p") ?? [])].map((one) => one.textContent.trim()).join(" ");
  refused.textContent = told || (request.status === 401 ? form.dataset.signedOut : form.dataset.broken);
  form.append(refused);
  form.querySelector("input[type=file]").focus();
};

for (const form of document.querySelectorAll("form[data-upload]")) {
  // Without sums (a page that is not on a safe address) the browser sends the form by itself.
  if (globalThis.crypto?.subtle) form.addEventListener("submit", (event) => { event.preventDefault(); start(form); });
}
