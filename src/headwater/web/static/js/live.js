// What is new at the node, for all tabs of a browser over one connection: the tab that holds the lock keeps an EventSource
// and hands what it hears to the others. Without server-sent events it asks /pulse every 15 seconds. An event holds topics
// and numbers only. Nothing on the page moves by itself: a line says that there is something new, and the reader loads it.

const LOCK = "headwater-live";
const EVERY_MS = 15000;
const about = document.querySelector('meta[name="headwater-live"]');
const EVENTS = about?.dataset.events || "/events";
const PULSE = about?.dataset.pulse || "/pulse";
const channel = "BroadcastChannel" in window ? new BroadcastChannel(LOCK) : null;

let seen = null;
let tag = "";

function hear(numbers) {
  if (!numbers || typeof numbers !== "object") return;
  const before = seen;
  seen = numbers;
  if (before === null) return;
  for (const [topic, number] of Object.entries(numbers)) {
    if (before[topic] === number) continue;
    document.dispatchEvent(new CustomEvent("headwater:beat", { detail: { topic, number } }));
    for (const line of document.querySelectorAll(`[data-live~="${CSS.escape(topic)}"]`)) line.hidden = false;
  }
}

function pass(numbers) {
  hear(numbers);
  channel?.postMessage(numbers);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function ask() {
  if (document.hidden && !channel) return;
  const answer = await fetch(PULSE, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" }).catch(() => null);
  if (!answer || answer.status !== 200) return;
  tag = answer.headers.get("ETag") || "";
  pass(await answer.json().catch(() => null));
}

function lead() {
  return new Promise(() => {
    let timer = 0;
    const poll = () => {
      if (!timer) timer = window.setInterval(ask, EVERY_MS);
    };
    if (!("EventSource" in window)) {
      poll();
      return;
    }
    const source = new EventSource(EVENTS);
    const take = (event) => {
      window.clearInterval(timer);
      timer = 0;
      pass(parsed(event.data));
    };
    source.addEventListener("message", take);
    source.addEventListener("beat", take);
    // While the browser tries to come back, and for good where the server refused, the pulse is asked.
    source.addEventListener("error", poll);
  });
}

channel?.addEventListener("message", (event) => hear(event.data));
if (about) {
  if (navigator.locks && channel) navigator.locks.request(LOCK, lead);
  else {
    ask();
    window.setInterval(ask, EVERY_MS);
  }
}
