// Passkeys: what a form asks for goes to the browser's keys, and what they answer is sent with the form.

export function offerPasskeys(root) {
  for (const form of root.querySelectorAll("form[data-passkey]")) {
    const note = form.querySelector("[data-passkey-note]");
    const button = form.querySelector("button");
    if (!window.PublicKeyCredential) {
      note.textContent = "This browser offers no passkeys at this address.";
      continue;
    }
    note.hidden = true;
    button.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      note.hidden = true;
      try {
        // The tick is in the form for passwords beside it, and is meant for both.
        const stay = root.querySelector("input[type=checkbox][name=remember]");
        if (form.elements.remember) form.elements.remember.disabled = !stay?.checked;
        form.elements.credential.value = JSON.stringify(await answer(form));
        form.submit();
      } catch (error) {
        note.textContent = said(error);
        note.hidden = false;
        button.disabled = false;
      }
    });
  }
}

async function answer(form) {
  const publicKey = withBytes(JSON.parse(form.dataset.options));
  const key =
    form.dataset.passkey === "create" ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
  const { response } = key;
  const told = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) told[name] = text(response[name]);
  }
  if (response.getTransports) told.transports = response.getTransports();
  return { id: key.id, rawId: text(key.rawId), type: key.type, response: told, clientExtensionResults: {} };
}

// Browsers that read the JSON themselves are too new for many people; what is bytes in it is the same few fields.
function withBytes(options) {
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const key of [...(options.allowCredentials ?? []), ...(options.excludeCredentials ?? [])]) key.id = bytes(key.id);
  return options;
}

function bytes(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function said(error) {
  if (error.name === "InvalidStateError") return "This device has a passkey of this account already.";
  if (error.name === "SecurityError") return "Passkeys do not work at this address.";
  return "No passkey was used.";
}
