// Asks the browser for a passkey and puts its answer into the form that the page already has. Nothing else is done here.
const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const toText = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const named = (list) => (list ?? []).map((one) => ({ ...one, id: toBytes(one.id) }));

const asked = (kind, text) => {
  const given = JSON.parse(text);
  given.challenge = toBytes(given.challenge);
  if (kind === "get") return { publicKey: { ...given, allowCredentials: named(given.allowCredentials) } };
  given.user.id = toBytes(given.user.id);
  return { publicKey: { ...given, excludeCredentials: named(given.excludeCredentials) } };
};

const told = (found) => {
  const response = { clientDataJSON: toText(found.response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (found.response[name]) response[name] = toText(found.response[name]);
  }
  // `attestationObject` holds the authenticator's data already.
  if (response.attestationObject) delete response.authenticatorData;
  return JSON.stringify({ id: found.id, rawId: toText(found.rawId), type: found.type, response, clientExtensionResults: {} });
};

const start = (place) => {
  const form = place.closest("form");
  const field = place.querySelector("input[name=passkey]");
  const button = place.querySelector("[data-act=passkey]");
  const region = place.querySelector("[data-told]");
  place.hidden = false;
  button.addEventListener("click", async () => {
    const kind = place.dataset.passkey;
    if (kind === "create" && !form.reportValidity()) return;
    region.textContent = "";
    button.disabled = true;
    try {
      const found = await navigator.credentials[kind](asked(kind, place.dataset.options));
      field.value = told(found);
      field.disabled = false;
      form.submit();
    } catch {
      region.textContent = place.dataset.failed;
      button.disabled = false;
    }
  });
};

if ("PublicKeyCredential" in window) document.querySelectorAll("[data-passkey]").forEach(start);
