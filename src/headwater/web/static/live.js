// One connection per browser: the tab that holds the lock listens, and tells the others. Nothing moves by itself.
const CHANNEL = "headwater-live";
const AGAIN_MS = 15000;
const live = document.getElementById("live");
let known = null;

const words = () => ({ news: live?.dataset.news ?? "", rescue: live?.dataset.rescue ?? "", show: live?.dataset.show ?? "" });

const hear = (numbers) => {
  if (live) live.dataset.heard = "";
  if (known === null) { known = numbers; return; }
  const changed = Object.keys(numbers).filter((topic) => numbers[topic] !== known[topic]);
  known = numbers;
  if (!live || !changed.length) return;
  const page = document.getElementById("main").dataset.page;
  const alarm = changed.includes("rescue");
  const mine = { queue: "queue", start: "queue", exchange: "exchange" }[page];
  if (!alarm && !changed.includes(mine)) return;
  const link = document.createElement("a");
  link.href = alarm ? "/queue" : location.pathname + location.search;
  link.textContent = words().show;
  live.replaceChildren(`${alarm ? words().rescue : words().news} `, link);
  live.toggleAttribute("data-rescue-now", alarm);
};

const ask = async () => {
  let tag = "";
  for (;;) {
    try {
      const answer = await fetch("/pulse", { headers: tag ? { "If-None-Match": tag } : {} });
      if (answer.status === 401) return;
      if (answer.ok) { tag = answer.headers.get("ETag") ?? ""; hear(await answer.json()); }
    } catch { /* the node is away: asked again */ }
    await new Promise((done) => { setTimeout(done, AGAIN_MS); });
  }
};

export const listen = () => {
  if (!live) return;
  if (!("EventSource" in window) || !("locks" in navigator) || !("BroadcastChannel" in window)) { ask(); return; }
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", (event) => hear(event.data));
  // A tab that opens later does not hear what came before: it asks once where things stand.
  fetch("/pulse").then((answer) => (answer.ok ? answer.json() : null)).then((numbers) => { if (numbers && known === null) hear(numbers); }).catch(() => {});
  navigator.locks.request(CHANNEL, () => new Promise(() => {
    const source = new EventSource("/events");
    source.addEventListener("beat", (event) => {
      const numbers = JSON.parse(event.data);
      channel.postMessage(numbers);
      hear(numbers);
    });
  }));
};
