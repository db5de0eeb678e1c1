// The chart, to be moved by hand: the places come from the node and go back to it; nothing is laid out in the browser.
// By keyboard: Tab reaches the chart, arrows go to the next vertex in that direction, with Shift they move the vertex.
import cytoscape from "./vendor/cytoscape.mjs";

const canvas = document.getElementById("chart-canvas");
const UNIT = 120;
const SHAPES = {
  Person: "ellipse", Company: "rectangle", Organization: "rectangle", LegalEntity: "rectangle", PublicBody: "rectangle",
  Vehicle: "diamond", Vessel: "diamond", Airplane: "diamond", BankAccount: "hexagon", CryptoWallet: "hexagon",
  Address: "triangle", UserAccount: "hexagon",
};
const STYLE = [
  { selector: "node", style: { label: "data(label)", "font-family": "Noto Sans Headwater, sans-serif", "font-size": 13, color: "#14212b",
    "text-valign": "bottom", "text-margin-y": 4, "text-outline-color": "#fff", "text-outline-width": 2, "text-max-width": 140, "text-wrap": "ellipsis",
    width: 30, height: 30, "background-color": "#e3eef7", "border-color": "#0b4f8a", "border-width": 2, shape: "data(shape)" } },
  { selector: "node[?pinned]", style: { "border-width": 4 } },
  { selector: "node[?lit]", style: { "border-color": "#a3201d", "border-width": 4 } },
  { selector: "node:selected", style: { "background-color": "#ffbf00", "border-color": "#0b0c0c", "border-width": 4 } },
  { selector: "edge", style: { width: 1.5, "line-color": "#5d6b75", "curve-style": "straight", label: "data(label)", "font-size": 10,
    "font-family": "Noto Sans Headwater, sans-serif", color: "#46545f", "text-outline-color": "#fff", "text-outline-width": 2, "min-zoomed-font-size": 8 } },
  { selector: "edge[!sure]", style: { "line-style": "dashed" } },
  { selector: "edge:selected", style: { "line-color": "#a3201d", width: 4 } },
];

const elements = ({ vertices, edges }) => [
  ...vertices.map((one) => ({
    group: "nodes",
    data: { ...one, shape: SHAPES[one.schema] ?? "ellipse" },
    position: { x: one.x * UNIT, y: one.y * UNIT },
  })),
  ...edges.map((one, at) => ({ group: "edges", data: { id: `edge ${at}`, source: one.a, target: one.b, label: one.label, sure: one.sure } })),
];

const start = () => {
  const told = document.getElementById("chart-told");
  const form = document.getElementById("chart-save");
  const moved = new Set();
  canvas.hidden = false;
  told.hidden = false;
  form.hidden = false;
  const chart = cytoscape({
    container: canvas, elements: elements(JSON.parse(canvas.dataset.graph)), style: STYLE, layout: { name: "preset", fit: true, padding: 40 },
    minZoom: 0.1, maxZoom: 4, boxSelectionEnabled: false,
  });
  document.getElementById("chart-drawing").hidden = true;
  const keep = (node) => {
    moved.add(node.id());
    const places = Object.fromEntries([...moved].map((id) => {
      const { x, y } = chart.getElementById(id).position();
      return [id, [Math.round((x / UNIT) * 1000) / 1000, Math.round((y / UNIT) * 1000) / 1000]];
    }));
    form.elements.places.value = JSON.stringify(places);
    form.querySelector("button").disabled = false;
  };
  const choose = (one) => {
    chart.elements().unselect();
    one.select();
    told.textContent = one.isNode()
      ? `${one.data("label")} (${one.data("schema")}): ${one.connectedEdges().map((edge) => edge.data("label")).join("; ")}`
      : `${one.source().data("label")} – ${one.target().data("label")}: ${one.data("label")}`;
  };
  chart.on("dragfree", "node", (event) => keep(event.target));
  chart.on("tap", "node, edge", (event) => choose(event.target));
  canvas.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "+" || event.key === "-") {
      chart.zoom({ level: chart.zoom() * (event.key === "+" ? 1.25 : 0.8), renderedPosition: { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 } });
      event.preventDefault();
      return;
    }
    if (!way || !chart.nodes().length) return;
    event.preventDefault();
    const here = chart.nodes(":selected").first();
    if (!here.length) { choose(chart.nodes().first()); return; }
    if (event.shiftKey) {
      here.position({ x: here.position("x") + way[0] * 12, y: here.position("y") + way[1] * 12 });
      keep(here);
      return;
    }
    const from = here.position();
    let best = null;
    let least = Infinity;
    chart.nodes().forEach((node) => {
      const [dx, dy] = [node.position("x") - from.x, node.position("y") - from.y];
      const ahead = dx * way[0] + dy * way[1];
      const aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
      if (ahead > 1 && ahead + 2 * aside < least) { least = ahead + 2 * aside; best = node; }
    });
    if (best) { choose(best); chart.center(best); }
  });
  canvas.dataset.ready = "yes";
};

if (canvas) start();
