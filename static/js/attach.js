// Files before they are sent: chosen, pasted or dropped, uploaded at once, kept until the message is.
const chat = document.querySelector("[data-chat]");
const part = (name) => chat.querySelector(`[data-${name}]`);
const form = part("composer");
const tray = part("tray");
const field = part("files");
const text = part("text");
const say = JSON.parse(tray?.dataset.words ?? "{}");
const KEPT = "chat:files";
const MEGABYTE = 1024 * 1024;
let waits = false; // to send, until what is on its way has come

const told = (message, name) => (part("tray-status").textContent = message.replace("{name}", name));
const items = (state) => [...tray.querySelectorAll(`[data-state="${state}"]`)];
const ready = () =>
  items("ready").map(({ dataset: { id, name, kind } }) => ({ id, name, kind }));

// crypto.randomUUID is missing where the page came over plain HTTP.
const randomId = () =>
  crypto.randomUUID?.() ??
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => {
    const random = crypto.getRandomValues(new Uint8Array(1))[0];
    return (digit ^ (random & (15 >> (digit / 4)))).toString(16);
  });

const headers = () => {
  const detail = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  document.body.dispatchEvent(new CustomEvent("chatsite:headers", { detail }));
  return detail;
};

const request = (url, body, progress) =>
  new Promise((resolve) => {
    const call = new XMLHttpRequest();
    call.open("POST", `${url}?language=${document.documentElement.lang}`);
    for (const [name, value] of Object.entries(headers())) call.setRequestHeader(name, value);
    call.responseType = "json";
    call.upload.onprogress = ({ loaded, total }) => progress?.((100 * loaded) / total);
    call.onload = () => resolve({ status: call.status, said: call.response });
    call.onerror = call.onabort = call.ontimeout = () => resolve({ status: 0 });
    call.send(body);
  });

const changed = () => {
  text.required = !items("ready").length && !items("uploading").length;
  sessionStorage.setItem(KEPT, JSON.stringify(ready()));
  if (waits && !items("uploading").length) {
    waits = false;
    form.requestSubmit();
  }
};

const remove = (entry) => {
  if (entry.dataset.id && entry.dataset.state !== "failed")
    request(`${tray.dataset.url}${entry.dataset.id}/discard/`, null);
  const next = entry.nextElementSibling ?? entry.previousElementSibling;
  told(say.removed, entry.dataset.name);
  entry.remove();
  (next?.querySelector("[data-remove]") ?? field).focus();
  changed();
};

const fail = (entry, problem, again) => {
  entry.dataset.state = "failed";
  entry.querySelector("[data-problem]").textContent = problem;
  entry.querySelector("[data-again]").hidden = !again;
  told(`${entry.dataset.name}: ${problem}`);
  waits = false;
  changed();
};

const upload = async (entry, file) => {
  entry.dataset.state = "uploading";
  changed();
  const body = new FormData();
  body.append("id", entry.dataset.id);
  body.append("file", file);
  const bar = entry.querySelector("progress");
  const { status, said } = await request(tray.dataset.url, body, (done) => (bar.value = done));
  if (!entry.isConnected) return; // taken out meanwhile
  if (status !== 200) return fail(entry, said?.words ?? say.failed, status !== 422);
  entry.dataset.kind = said.kind;
  name(entry, said.name);
  entry.querySelector("[name=files]").value = said.id;
  entry.dataset.state = "ready";
  told(say.attached, said.name);
  changed();
};

const name = (entry, given) => {
  entry.dataset.name = given;
  entry.querySelector("[data-name]").textContent = given;
  for (const kind of ["remove", "again"])
    entry.querySelector(`[data-${kind}]`).ariaLabel = say[kind].replace("{name}", given);
};

const added = (id, given, kind) => {
  const entry = part("tray-entry").content.firstElementChild.cloneNode(true);
  entry.dataset.id = id;
  entry.dataset.kind = kind;
  name(entry, given);
  entry.querySelector("[data-remove]").onclick = () => remove(entry);
  tray.append(entry);
  return entry;
};

const take = (files) => {
  for (const file of files) {
    const kind = file.type === "application/pdf" ? "pdf" : "image";
    const entry = added(randomId(), file.name, kind);
    if (kind === "image") entry.querySelector("img").src = URL.createObjectURL(file);
    entry.querySelector("[data-again]").onclick = () => upload(entry, file);
    const { megabytes, most } = tray.dataset;
    if (tray.children.length > most) fail(entry, say.many.replace("{limit}", most));
    else if (file.size > megabytes * MEGABYTE) fail(entry, say.large.replace("{limit}", megabytes));
    else upload(entry, file);
  }
};

const restore = (files) => {
  for (const { id, name, kind } of files) {
    const entry = added(id, name, kind);
    entry.querySelector("[name=files]").value = id;
    if (kind === "image") entry.querySelector("img").dataset.src = `${tray.dataset.url}${id}/`;
    entry.dataset.state = "ready";
  }
  changed();
};

// Where the site takes none, there is no tray.
if (tray) {
  field.addEventListener("change", () => {
    take(field.files);
    field.value = "";
    text.focus();
  });
  form.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    take(event.clipboardData.files);
  });
  const dragged = (event) => event.dataTransfer?.types.includes("Files");
  chat.addEventListener("dragover", (event) => {
    if (!dragged(event)) return;
    event.preventDefault();
    chat.dataset.dropping = "";
  });
  chat.addEventListener("dragleave", ({ relatedTarget }) => {
    if (!chat.contains(relatedTarget)) delete chat.dataset.dropping;
  });
  chat.addEventListener("drop", (event) => {
    if (!dragged(event)) return;
    event.preventDefault();
    delete chat.dataset.dropping;
    take(event.dataTransfer.files);
  });
  // Before chat.js, which listens further out.
  form.addEventListener("submit", (event) => {
    if (!items("uploading").length) return;
    event.preventDefault();
    event.stopPropagation();
    waits = true;
    told(say.waits);
  });
  chat.addEventListener("chatsite:taken", () => {
    for (const entry of items("ready")) entry.remove();
    changed();
  });
  chat.addEventListener("chatsite:returned", ({ detail }) => restore(detail));

  restore(JSON.parse(sessionStorage.getItem(KEPT)) ?? []);
}
