// A file goes up with a bar that says how far it is; without this script the form does the same without the bar.
const send = (form) => {
  const bar = form.querySelector("[data-progress]");
  const button = form.querySelector("button:not([type=button])");
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  bar.hidden = false;
  button.disabled = true;
  const told = (percent) => {
    bar.querySelector("progress").value = percent;
    bar.querySelector("span").textContent = `${percent} %`;
  };
  told(0);
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) told(Math.floor((100 * event.loaded) / event.total));
  });
  const broken = () => {
    button.disabled = false;
    bar.querySelector("span").textContent = form.dataset.broken;
    bar.setAttribute("role", "alert");
  };
  request.addEventListener("error", broken);
  request.addEventListener("abort", broken);
  request.addEventListener("load", () => {
    if (request.status < 400) { location.assign(request.responseURL); return; }
    const page = new DOMParser().parseFromString(request.responseText, "text/html").getElementById("main");
    button.disabled = false;
    bar.hidden = true;
    form.querySelector("[data-refused]")?.remove();
    const refused = document.createElement("div");
    refused.className = "refusal";
    refused.setAttribute("role", "alert");
    refused.dataset.refused = request.status;
    refused.textContent = [...(page?.querySelectorAll(".refusal p") ?? [])].map((one) => one.textContent.trim()).join(" ");
    form.append(refused);
    form.querySelector("input[type=file]").focus();
  });
  request.send(new FormData(form));
};

for (const form of document.querySelectorAll("form[data-upload]")) {
  form.addEventListener("submit", (event) => { event.preventDefault(); send(form); });
}
