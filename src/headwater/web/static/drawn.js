// The drawing itself moves: another part of it is shown, larger or smaller. It needs no WebGL, which without a graphics card would
// hold up the page for a second or more; what is drawn, names and marks stay what they are and keep their size on the screen.
const MOST = 24;
const STEP = 1.5;
const WAY = 0.15;
const KEYS = { ArrowLeft: [-WAY, 0], ArrowRight: [WAY, 0], ArrowUp: [0, -WAY], ArrowDown: [0, WAY] };

const within = (value, least, most) => Math.min(Math.max(value, least), most);

const numbers = (one, ...names) => names.map((name) => Number(one.getAttribute(name)));

// Where each mark, place and name is tied to the map.
const tied = (inner) => [...inner.querySelectorAll(":scope > g, :scope > text, :scope > rect[stroke]")].map((one) => {
  if (one.tagName === "g") return [one, ...numbers(one.querySelector("circle"), "cx", "cy")];
  const [x, y, width, height] = numbers(one, "x", "y", "width", "height");
  return [one, x + width / 2, y + height / 2];
});

export const moving = (tell) => {
  let inner = null;
  let whole = [0, 0, 0, 0];
  let shown = null;
  let marks = [];
  let dragged = null;

  const show = (x, y, width) => {
    const across = within(width, whole[2] / MOST, whole[2]);
    const down = (across * whole[3]) / whole[2];
    shown = [within(x, 0, whole[2] - across), within(y, 0, whole[3] - down), across, down];
    inner.setAttribute("viewBox", shown.map((one) => one.toFixed(2)).join(" "));
    const size = across / whole[2];
    for (const [one, left, top] of marks) {
      one.setAttribute("transform", `translate(${left} ${top}) scale(${size}) translate(${-left} ${-top})`);
    }
  };
  const by = (across, down) => show(shown[0] + across * shown[2], shown[1] + down * shown[3], shown[2]);
  const zoom = (times, left = 0.5, top = 0.5) => {
    const width = within(shown[2] / times, whole[2] / MOST, whole[2]);
    const height = (width * whole[3]) / whole[2];
    show(shown[0] + left * (shown[2] - width), shown[1] + top * (shown[3] - height), width);
  };
  const all = () => show(0, 0, whole[2]);
  const acts = { larger: () => zoom(STEP), smaller: () => zoom(1 / STEP), all };

  // From the screen to the map: what an inner drawing's own box is, browsers do not agree on.
  const place = (event) => {
    const screen = inner.getScreenCTM();
    return [(event.clientX - screen.e) / screen.a, (event.clientY - screen.f) / screen.d];
  };

  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (KEYS[event.key]) by(...KEYS[event.key]);
    else if (event.key === "+" || event.key === "=") acts.larger();
    else if (event.key === "-") acts.smaller();
    else if (event.key === "0") all();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  // A drawing that came with other days takes the place of the one before, at the part that was shown.
  const attach = (holder) => {
    const before = shown && [...shown];
    const same = whole.join(" ");
    inner = holder.querySelector("svg svg");
    whole = inner.getAttribute("viewBox").split(" ").map(Number);
    marks = tied(inner);
    for (const path of inner.querySelectorAll("path")) path.setAttribute("vector-effect", "non-scaling-stroke");
    if (before && same === whole.join(" ")) show(...before);
    else all();
    holder.dataset.moves = "";
    holder.tabIndex = 0;
    holder.setAttribute("role", "group");
    holder.setAttribute("aria-label", holder.dataset.name);
    holder.addEventListener("keydown", onKey);
    // The wheel is the page's own until the map was chosen.
    holder.addEventListener("wheel", (event) => {
      if (document.activeElement !== holder) return;
      event.preventDefault();
      const [left, top] = place(event);
      zoom(event.deltaY < 0 ? STEP : 1 / STEP, (left - shown[0]) / shown[2], (top - shown[1]) / shown[3]);
    }, { passive: false });
    inner.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      dragged = place(event);
      inner.setPointerCapture(event.pointerId);
    });
    inner.addEventListener("pointermove", (event) => {
      if (!dragged) return;
      // What was under the hand stays under it.
      const [left, top] = place(event);
      show(shown[0] + dragged[0] - left, shown[1] + dragged[1] - top, shown[2]);
    });
    for (const end of ["pointerup", "pointercancel"]) inner.addEventListener(end, () => { dragged = null; });
    inner.addEventListener("click", (event) => {
      const [under] = document.elementsFromPoint(event.clientX, event.clientY);
      const title = under?.closest("g, path, rect")?.querySelector("title");
      if (title && inner.contains(title)) tell(title.textContent);
    });
  };

  return { attach, acts };
};
