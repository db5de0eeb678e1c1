// Draws a scan from its 16 bits: window and level, materials, boxes; two passes move together. Without it a picture stands there.
// Levels are given as -ln T: how much of the beam something took away; of a picture without counts, as its brightness, 0 to 8.
const DEEPEST = 8;
const TOP = 65536;
const HATCH = [230, 210, 60];
const KEYS = { "+": "in", "=": "in", "-": "out", "0": "fit", ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
  n: "next", w: "wider", e: "narrower", l: "brighter", k: "darker", m: "mode", b: "boxes", i: "invert" };
const CLOSEST = 40;

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

const tint = (colours, index) => {
  const at = colours.findIndex(([place]) => place >= index);
  if (at <= 0) return colours[at < 0 ? colours.length - 1 : 0][1];
  const [[from, one], [to, other]] = [colours[at - 1], colours[at]];
  return one.map((value, part) => value + ((other[part] - value) * (index - from)) / (to - from));
};

// What each of the 65,536 counts is in grey: the root opens up what is thin, where most of a vehicle is.
const curve = (image, channel, state) => {
  const at = image.channels.indexOf(channel);
  const [dark, air] = [image.dark[at], image.air[at]];
  const [low, high] = [state.level - state.window / 2, state.level + state.window / 2];
  const made = new Uint8ClampedArray(TOP);
  for (let count = 0; count < TOP; count += 1) {
    const share = Math.max((count - dark) / (air - dark), 1e-5);
    const depth = image.counts ? -Math.log(share) : DEEPEST * (1 - Math.min(share, 1));
    const grey = 255 * (1 - Math.sqrt(clamp((depth - low) / (high - low), 0, 1)));
    made[count] = state.invert ? 255 - grey : grey;
  }
  return made;
};

class View {
  constructor(figure) {
    this.figure = figure;
    this.image = JSON.parse(figure.dataset.image);
    this.field = figure.querySelector("[data-field]");
    this.canvas = figure.querySelector("canvas");
    this.sheet = document.createElement("canvas");
    this.sheet.width = this.image.width;
    this.sheet.height = this.image.height;
    this.counts = new Map();
    this.material = null;
    const { colours, index_top: top, not_assessed: none } = this.image;
    this.tints = Array.from({ length: none + 1 }, (_, index) => tint(colours, (index / (none - 1)) * top));
  }

  async bytes(what) {
    const query = this.figure.dataset.query;
    const answer = await fetch(`${this.figure.dataset.from}/${what}${what.includes("?") ? query.replace("?", "&") : query}`);
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.arrayBuffer();
  }

  async load(state) {
    const channel = this.channel(state);
    if (!this.counts.has(channel)) {
      const view = new DataView(await this.bytes(`pixels?channel=${encodeURIComponent(channel)}`));
      if (view.byteLength !== 2 * this.image.width * this.image.height) throw new Error("pixels");
      this.counts.set(channel, Uint16Array.from({ length: view.byteLength / 2 }, (_, at) => view.getUint16(2 * at, true)));
    }
    if (state.mode === "material" && this.image.material && !this.material) this.material = new Uint8Array(await this.bytes("materials"));
  }

  channel(state) {
    return this.image.channels.includes(state.channel) ? state.channel : this.image.channels.at(-1);
  }

  // Every pixel anew: for another window, level, spectrum or colour.
  paint(state) {
    const counts = this.counts.get(this.channel(state));
    if (!counts) return;
    const grey = curve(this.image, this.channel(state), state);
    const colours = state.mode === "material" && this.material;
    const context = this.sheet.getContext("2d");
    const made = context.createImageData(this.image.width, this.image.height);
    const out = made.data;
    for (let at = 0, to = 0; at < counts.length; at += 1, to += 4) {
      const light = grey[counts[at]];
      let red = light, green = light, blue = light;
      if (colours) {
        const index = this.material[2 * at], trust = this.material[2 * at + 1] / 255;
        if (index === this.image.not_assessed) {
          const row = Math.floor(at / this.image.width);
          if ((row + (at - row * this.image.width)) % 8 < 2) [red, green, blue] = HATCH;
        } else if (trust > 0) {
          const share = light / 255, cube = share ** 3, shade = (0.25 + 0.75 * share) * (1 - cube), tinted = this.tints[index];
          red = trust * (tinted[0] * shade + 255 * cube) + (1 - trust) * light;
          green = trust * (tinted[1] * shade + 255 * cube) + (1 - trust) * light;
          blue = trust * (tinted[2] * shade + 255 * cube) + (1 - trust) * light;
        }
      }
      out[to] = red; out[to + 1] = green; out[to + 2] = blue; out[to + 3] = 255;
    }
    context.putImageData(made, 0, 0);
  }

  // The painted sheet where the reader is, with what is marked on it. Places are shares of the image: two passes differ in size.
  show(state) {
    const box = this.field.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(Math.round(box.width * ratio), 1);
    this.canvas.height = Math.max(Math.round(box.height * ratio), 1);
    const scale = this.scale(state);
    const [left, top] = [this.canvas.width / 2 - state.x * this.image.width * scale, this.canvas.height / 2 - state.y * this.image.height * scale];
    const context = this.canvas.getContext("2d");
    context.fillStyle = "#20282e";
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    context.imageSmoothingEnabled = scale < 2;
    context.drawImage(this.sheet, left, top, this.image.width * scale, this.image.height * scale);
    const spot = (boxed) => boxed.map((value, part) => (part % 2 ? top : left) + (value / this.image.step) * scale);
    if (state.boxes) {
      context.strokeStyle = "#787878"; context.lineWidth = ratio; context.setLineDash([4 * ratio, 3 * ratio]);
      for (const boxed of this.image.blocked) { const [x0, y0, x1, y1] = spot(boxed); context.strokeRect(x0, y0, x1 - x0, y1 - y0); }
      context.setLineDash([]);
      for (const alarm of this.image.alarms) {
        const [x0, y0, x1, y1] = spot(alarm.box);
        const words = `${alarm.number} ${alarm.kind}`;
        context.font = `${14 * ratio}px sans-serif`;
        context.strokeStyle = "#fff"; context.lineWidth = 5 * ratio; context.strokeRect(x0, y0, x1 - x0, y1 - y0);
        context.strokeStyle = `rgb(${(this.image.boxes[alarm.kind] ?? this.image.boxes.extra).join(" ")})`; context.lineWidth = (alarm.number === state.alarm ? 4 : 2.5) * ratio;
        context.strokeRect(x0, y0, x1 - x0, y1 - y0);
        const wide = context.measureText(words).width, low = Math.max(y0 - 4 * ratio, 16 * ratio);
        context.fillStyle = "#fff"; context.fillRect(x0 - ratio, low - 14 * ratio, wide + 6 * ratio, 18 * ratio);
        context.fillStyle = context.strokeStyle; context.fillText(words, x0 + 2 * ratio, low);
      }
    }
    if (this.image.made) {
      context.font = `${20 * ratio}px sans-serif`; context.fillStyle = "rgb(190 60 60 / .75)";
      for (let y = 40 * ratio; y < this.canvas.height; y += 110 * ratio) context.fillText(`${this.image.made.toUpperCase()} - NOT EVIDENCE`, 20 * ratio + (y % (70 * ratio)) * 3, y);
    }
  }

  scale(state) {
    return Math.min(this.canvas.width / this.image.width, this.canvas.height / this.image.height) * state.zoom;
  }
}

const start = async (place) => {
  const views = [...place.querySelectorAll("figure[data-image]")].map((figure) => new View(figure));
  const tools = place.querySelector("[data-tools]");
  const told = place.querySelector("[data-told]");
  const first = views[0];
  const state = { x: 0.5, y: 0.5, zoom: 1, level: 3, window: 6, mode: first.image.material ? "material" : "grey", channel: first.image.channels.at(-1), invert: false, boxes: true, alarm: 0 };
  if (!first.image.counts) Object.assign(state, { level: 4, window: 8 });
  // The counts first: materials of a large pass take the node a while, and the picture is looked at in grey until they come.
  told.textContent = told.dataset.waits;
  const wanted = state.mode;
  let whole = wanted === "grey";
  state.mode = "grey";
  await Promise.all(views.map((view) => view.load(state)));
  for (const view of views) view.field.hidden = false;
  tools.hidden = false;
  document.querySelectorAll("[data-go]").forEach((button) => { button.hidden = false; });

  let waiting = "";
  const draw = (all) => {
    const before = waiting;
    waiting = all || before === "paint" ? "paint" : "show";
    if (before) return;
    requestAnimationFrame(() => {
      if (waiting === "paint") views.forEach((view) => view.paint(state));
      waiting = "";
      views.forEach((view) => view.show(state));
      for (const field of tools.querySelectorAll("[data-set]")) {
        const value = state[field.dataset.set];
        if (field.type === "checkbox") field.checked = value; else if (document.activeElement !== field) field.value = typeof value === "number" ? Number(value.toFixed(2)) : value;
      }
      if (whole) place.dataset.ready = `${state.mode} ${state.zoom.toFixed(2)} ${state.level.toFixed(2)} ${state.window.toFixed(2)}`;
    });
  };
  const limit = () => {
    state.zoom = clamp(state.zoom, 1, CLOSEST); state.x = clamp(state.x, 0, 1); state.y = clamp(state.y, 0, 1);
    state.level = clamp(state.level, 0, DEEPEST); state.window = clamp(state.window, 0.02, DEEPEST);
  };
  const go = (number) => {
    const alarm = first.image.alarms.find((one) => one.number === number);
    if (!alarm) return;
    const [x0, y0, x1, y1] = alarm.box.map((value) => value / first.image.step);
    state.alarm = number;
    state.x = (x0 + x1) / 2 / first.image.width; state.y = (y0 + y1) / 2 / first.image.height;
    state.zoom = clamp(Math.min(first.image.width / (x1 - x0), first.image.height / (y1 - y0)) / 3, 1, CLOSEST);
    told.textContent = `${alarm.number} ${alarm.kind}.`;
    draw(false);
  };
  const acts = {
    in: () => { state.zoom *= 1.25; }, out: () => { state.zoom /= 1.25; }, fit: () => Object.assign(state, { x: 0.5, y: 0.5, zoom: 1, alarm: 0 }),
    left: () => { state.x -= 0.1 / state.zoom; }, right: () => { state.x += 0.1 / state.zoom; }, up: () => { state.y -= 0.1 / state.zoom; }, down: () => { state.y += 0.1 / state.zoom; },
    wider: () => { state.window *= 1.15; }, narrower: () => { state.window /= 1.15; }, brighter: () => { state.level += 0.1; }, darker: () => { state.level -= 0.1; },
    thin: () => Object.assign(state, { level: 0.6, window: 1.2 }), thick: () => Object.assign(state, { level: 4, window: 4 }), all: () => Object.assign(state, first.image.counts ? { level: 3, window: 6 } : { level: 4, window: 8 }),
    invert: () => { state.invert = !state.invert; }, boxes: () => { state.boxes = !state.boxes; },
  };
  const moved = new Set(["in", "out", "fit", "left", "right", "up", "down", "boxes"]);
  const act = async (name) => {
    if (name === "next") { const count = first.image.alarms.length; if (count) go((state.alarm % count) + 1); return; }
    if (name === "mode") { whole = true; if (first.image.material) state.mode = state.mode === "grey" ? "material" : "grey"; await Promise.all(views.map((view) => view.load(state))); } else acts[name]?.();
    limit();
    draw(!moved.has(name));
  };

  tools.addEventListener("click", (event) => { const button = event.target.closest("[data-do]"); if (button) act(button.dataset.do); });
  tools.addEventListener("input", async (event) => {
    const name = event.target.dataset.set;
    if (!name) return;
    const { type, value, checked } = event.target;
    if (name === "mode") whole = true;
    state[name] = type === "checkbox" ? checked : type === "range" || type === "number" ? Number(value) || 0 : value;
    limit();
    await Promise.all(views.map((view) => view.load(state)));
    draw(name !== "boxes");
  });
  document.querySelectorAll("[data-go]").forEach((button) => button.addEventListener("click", () => { go(Number(button.dataset.go)); first.field.focus(); }));

  for (const view of views) {
    view.field.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
      event.preventDefault(); event.stopPropagation();
      act(KEYS[event.key]);
    });
    view.field.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && document.activeElement !== view.field) return;
      event.preventDefault();
      act(event.deltaY < 0 ? "in" : "out");
    }, { passive: false });
    let from = null;
    view.field.addEventListener("pointerdown", (event) => { from = [event.clientX, event.clientY]; view.field.setPointerCapture(event.pointerId); view.field.focus(); });
    view.field.addEventListener("pointerup", () => { from = null; });
    view.field.addEventListener("pointermove", (event) => {
      if (!from) return;
      const [dx, dy] = [event.clientX - from[0], event.clientY - from[1]];
      from = [event.clientX, event.clientY];
      const ratio = window.devicePixelRatio || 1;
      if (event.shiftKey) { state.window += dx / 100; state.level += dy / 100; } else {
        state.x -= (dx * ratio) / (view.image.width * view.scale(state)); state.y -= (dy * ratio) / (view.image.height * view.scale(state));
      }
      limit();
      draw(event.shiftKey);
    });
  }
  new ResizeObserver(() => draw(false)).observe(first.field);
  draw(true);
  if (wanted === "material") await Promise.all(views.map((view) => view.load({ ...state, mode: wanted })));
  if (!whole) state.mode = wanted;
  whole = true;
  if (told.textContent === told.dataset.waits) told.textContent = "";
  draw(true);
};

// Where the pixels do not come, the node's own picture stands there, as it does without scripts.
const plain = (place) => {
  for (const figure of place.querySelectorAll("figure[data-image]")) {
    const image = document.createElement("img");
    image.src = `${figure.dataset.from}/picture.png${figure.dataset.query}`;
    image.alt = figure.querySelector("canvas").getAttribute("aria-label");
    figure.querySelector("[data-field]").hidden = true;
    figure.prepend(image);
  }
  place.dataset.ready = "picture";
};
document.querySelectorAll("[data-viewer]").forEach((place) => start(place).catch(() => plain(place)));
