// "PNG" beside a picture: the SVG that the node hands out, with its handling line, painted by the browser at twice its size.
const SCALE = 2;

const painted = async (address) => {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(String(answer.status));
  const blob = new Blob([await answer.text()], { type: "image/svg+xml" });
  const url = URL.createObjectURL(blob);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * SCALE;
    canvas.height = image.naturalHeight * SCALE;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => { canvas.toBlob(done, "image/png"); });
  } finally {
    URL.revokeObjectURL(url);
  }
};

// Links may be replaced while the page is open, so the page itself listens.
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-png]");
  if (!link) return;
  event.preventDefault();
  const blob = await painted(link.href).catch(() => null);
  if (!blob) { location.assign(link.href); return; }
  const out = document.createElement("a");
  out.href = URL.createObjectURL(blob);
  out.download = `${link.dataset.png}.png`;
  out.click();
  setTimeout(() => URL.revokeObjectURL(out.href), 10000);
});
