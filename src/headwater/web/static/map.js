// The drawing is the map. Whoever wants to move and zoom presses it, and the drawing moves. Whoever wants the map on WebGL asks for it, and
// only then it is fetched and put in its place, with the same data, lines and names: without a graphics card merely to ask a browser
// whether it has WebGL holds the page up for a second or two.
// The slider and the two fields say the same; whoever cannot drag types. Nothing is fetched from anywhere else.
const canvas = document.getElementById("map-canvas");
const starter = document.getElementById("map-start");
const slider = document.getElementById("day-slider");
const FONT = ["Noto Sans Headwater"];
const LANES = { rescue: "#a3201d", border: "#7a4b00" };

const line = (packed, scale) => {
  const points = [];
  let x = 0;
  let y = 0;
  for (let at = 0; at + 1 < packed.length; at += 2) {
    x += packed[at];
    y += packed[at + 1];
    points.push([x / scale, y / scale]);
  }
  return points;
};

const feature = (type, coordinates, properties = {}) => ({ type: "Feature", geometry: { type, coordinates }, properties });
const collection = (features) => ({ type: "FeatureCollection", features });

const baseSources = (base, view) => {
  const land = base.land.map((polygon) => feature("Polygon", polygon.map((ring) => line(ring, base.scale))));
  const lines = base.boundaries
    .filter((one) => view.styles[one.pair] !== "none")
    .map((one) => feature("MultiLineString", one.lines.map((part) => line(part, base.scale)),
      { style: view.styles[one.pair], label: view.labels[one.pair] ?? "" }));
  const names = Object.entries(base.labels).map(([code, [x, y, area]]) =>
    feature("Point", [x / base.scale, y / base.scale], { name: view.names[code] ?? code, area }));
  return { land: collection(land), lines: collection(lines), names: collection(names) };
};

const layersOf = () => [
  { id: "sea", type: "background", paint: { "background-color": "#cfdfe9" } },
  { id: "land", type: "fill", source: "land", paint: { "fill-color": "#f4f3ee", "fill-outline-color": "#97a3ab" } },
  { id: "solid", type: "line", source: "lines", filter: ["==", ["get", "style"], "solid"], paint: { "line-color": "#5d6b75" } },
  { id: "dashed", type: "line", source: "lines", filter: ["==", ["get", "style"], "dashed"],
    paint: { "line-color": "#5d6b75", "line-dasharray": [4, 3] } },
  { id: "line-labels", type: "symbol", source: "lines", filter: ["!=", ["get", "label"], ""],
    layout: { "symbol-placement": "line", "text-field": ["get", "label"], "text-font": FONT, "text-size": 11 } },
  { id: "cells", type: "fill", source: "data", filter: ["==", ["get", "layer"], "cells"],
    paint: { "fill-color": "#0b4f8a", "fill-opacity": ["match", ["get", "step"], 1, 0.18, 2, 0.36, 3, 0.56, 0.8], "fill-outline-color": "#0b4f8a" } },
  { id: "names", type: "symbol", source: "names",
    layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12, "symbol-sort-key": ["-", ["get", "area"]] },
    paint: { "text-color": "#46545f", "text-halo-color": "#f4f3ee", "text-halo-width": 1.5 } },
  { id: "ways", type: "line", source: "data", filter: ["==", ["get", "layer"], "ways"], paint: { "line-color": "#7a3e9d", "line-width": 2 } },
  { id: "places", type: "circle", source: "data", filter: ["==", ["get", "layer"], "places"],
    paint: { "circle-color": "#1d6b3c", "circle-radius": 5, "circle-stroke-color": "#fff", "circle-stroke-width": 1 } },
  ...["alerts", "rescue"].flatMap((layer) => [
    { id: layer, type: "circle", source: "data", filter: ["==", ["get", "layer"], layer],
      paint: { "circle-color": LANES[layer] ?? LANES.border, "circle-radius": 10, "circle-stroke-color": "#fff", "circle-stroke-width": 2 } },
    { id: `${layer}-letter`, type: "symbol", source: "data", filter: ["==", ["get", "layer"], layer],
      layout: { "text-field": layer === "rescue" ? "R" : "B", "text-font": FONT, "text-size": 12, "text-allow-overlap": true },
      paint: { "text-color": "#fff" } },
  ]),
];

const tell = (properties) => {
  const told = document.getElementById("map-told");
  const words = properties.layer === "cells"
    ? Object.entries(JSON.parse(properties.kinds)).map(([kind, count]) => `${kind}: ${count}`).join(", ")
    : [properties.text || properties.id, properties.at || properties.kind].filter(Boolean).join(" · ");
  told.textContent = words;
  if (["rescue", "alerts", "ways"].includes(properties.layer)) {
    const link = document.createElement("a");
    link.href = `/findings/${encodeURIComponent(properties.id)}`;
    link.textContent = told.dataset.open;
    told.append(" ", link);
  }
};

const fetched = async (address) => {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
};

// Without a graphics card each kind of layer costs a good part of a second when it is first drawn. They are put on one by one, and
// the browser gets its turn between them: what somebody presses meanwhile is heard, and the bar says how far it is.
const turn = () => new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); });

const start = async (step) => {
  const view = JSON.parse(canvas.dataset.view);
  const [{ Map, NavigationControl, ScaleControl }, base, data] = await Promise.all([
    import("./vendor/maplibre-gl.mjs"), fetched(canvas.dataset.base), fetched(canvas.dataset.source)]);
  const [ground, ...layers] = layersOf();
  step(layers.length + 2);
  await turn();
  const sources = baseSources(base, view);
  const [west, south, east, north] = canvas.dataset.box.split(",").map(Number);
  // Until the map is there it lies unseen upon the drawing, so that nothing below moves when it comes.
  canvas.dataset.waits = "";
  canvas.hidden = false;
  const geo = (one) => ({ type: "geojson", data: one });
  const map = new Map({
    container: canvas,
    style: {
      version: 8,
      sources: { land: geo(sources.land), lines: geo(sources.lines), names: geo(sources.names), data: geo(data) },
      layers: [ground],
    },
    bounds: [[west, south], [east, north]],
    maxBounds: [[base.box[0] - 8, base.box[1] - 5], [base.box[2] + 8, base.box[3] + 3]],
    maxZoom: 15,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    attributionControl: { compact: true, customAttribution: "Natural Earth" },
    fadeDuration: 0,
    validateStyle: false,
  });
  map.addControl(new NavigationControl({ showCompass: false }));
  map.addControl(new ScaleControl({ unit: "metric" }));
  map.touchZoomRotate.disableRotation();
  map.getCanvas().setAttribute("role", "img");
  map.getCanvas().setAttribute("aria-label", canvas.getAttribute("aria-label"));
  const seen = ["rescue", "alerts", "ways", "places", "cells"];
  map.on("click", (event) => {
    const [found] = map.queryRenderedFeatures(event.point, { layers: seen });
    if (found) tell(found.properties);
  });
  const idle = () => new Promise((done) => { map.once("idle", done); });
  await idle();
  step();
  for (const layer of layers) {
    await turn();
    map.addLayer(layer);
    await idle();
    step();
  }
  // The drawing gives way only when the map is truly there.
  const drawing = document.getElementById("map-drawing");
  canvas.style.height = `${Math.round(drawing.getBoundingClientRect().height)}px`;
  delete canvas.dataset.waits;
  drawing.hidden = true;
  document.getElementById("map-hands").hidden = true;
  document.getElementById("map-told").hidden = false;
  map.resize();
  starter.remove();
  map.getCanvas().focus({ preventScroll: true });
  canvas.dataset.ready = "yes";
  return map;
};

// The table, the address and the picture follow the fields; what was asked before and comes late changes nothing.
let asked = 0;
let started = null;
let drawn = null;
const renew = async (form) => {
  const mine = ++asked;
  const query = new URLSearchParams(new FormData(form));
  const page = await fetch(`/map?${query}`);
  if (!page.ok) return;
  const body = await page.text();
  if (mine !== asked) return;
  history.replaceState(null, "", `/map?${query}`);
  const text = new DOMParser().parseFromString(body, "text/html");
  for (const id of ["map-facts", "map-drawing", "map-lane", "map-exports"]) {
    const fresh = text.getElementById(id);
    const held = document.getElementById(id);
    if (!fresh || !held) continue;
    fresh.hidden = held.hidden;
    held.replaceWith(fresh);
    if (drawn && id === "map-drawing") drawn.attach(fresh);
  }
  const handling = text.querySelector(".banner");
  if (handling) document.querySelector(".banner")?.replaceWith(handling);
  query.append("format", "geojson");
  canvas.dataset.source = `/map?${query}`;
  const map = await started;
  if (!map) return;
  const fresh = await fetched(canvas.dataset.source);
  if (mine === asked) map.getSource("data")?.setData(fresh);
};

// The fields renew the map when they change; the slider, where there are several days, is another hand on the day field.
const startForm = () => {
  const form = document.getElementById("map-form");
  const { day, days } = form.elements;
  let waiting = 0;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => renew(form), 250);
  };
  for (const field of [day, days, ...form.querySelectorAll('input[name="layer"]')]) field.addEventListener("change", soon);
  if (!slider) return;
  const first = Date.parse(slider.dataset.first);
  slider.closest("[hidden]")?.removeAttribute("hidden");
  slider.addEventListener("input", () => {
    day.value = new Date(first + Number(slider.value) * 86400000).toISOString().slice(0, 10);
    slider.setAttribute("aria-valuetext", day.value);
    soon();
  });
  day.addEventListener("change", () => {
    const at = Math.round((Date.parse(day.value) - first) / 86400000);
    if (at >= 0 && at <= Number(slider.max)) slider.value = String(at);
  });
};

const moveDrawing = async () => {
  const { moving } = await import("./drawn.js");
  const told = document.getElementById("map-told");
  drawn = moving((words) => { told.textContent = words; });
  const drawing = document.getElementById("map-drawing");
  drawn.attach(drawing);
  const hands = document.getElementById("map-hands");
  for (const hand of hands.querySelectorAll("[data-move]")) {
    hand.addEventListener("click", () => drawn.acts[hand.dataset.move]());
  }
  hands.querySelector("[data-act=webgl]").addEventListener("click", moveCanvas);
  starter.hidden = true;
  hands.hidden = false;
  told.hidden = false;
  drawing.focus({ preventScroll: true });
  return null;
};

const moveCanvas = () => {
  const hands = document.getElementById("map-hands");
  const status = hands.querySelector("[role=status]");
  hands.querySelector("[data-act=webgl]").disabled = true;
  status.textContent = starter.dataset.waits;
  const bar = hands.querySelector("progress");
  bar.hidden = false;
  const step = (whole) => {
    if (whole) bar.max = whole;
    bar.value += 1;
  };
  started = start(step).catch(() => {
    canvas.hidden = true;
    bar.hidden = true;
    status.textContent = starter.dataset.none;
    document.getElementById("map-drawing").focus({ preventScroll: true });
    return null;
  });
};

const begin = () => {
  if (started) return;
  started = moveDrawing();
};

if (canvas) {
  starter.hidden = false;
  starter.querySelector("button").addEventListener("click", begin);
  // Not on the drawing itself: text and marks in it can be chosen and read.
  startForm();
}
