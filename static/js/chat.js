// Asking: a message is kept in this tab before it is sent, and until the log shows it.
const chat = document.querySelector("[data-chat]");
const part = (name) => chat.querySelector(`[data-${name}]`);
const form = part("composer");
const input = part("text");
const key = `chat:${chat.dataset.chat}`;
// Before its first message a conversation has another name each time the page is opened.
const UNNAMED = "chat:new";
const stored = (name) => JSON.parse(sessionStorage.getItem(name));
const kept = stored(key) ?? { draft: "", outbox: [] };
let live;
let opened = 0;
let failures = 0;

const isNew = () => "new" in chat.dataset && !kept.outbox.length;
const keep = () => {
  kept.draft = input.value;
  sessionStorage.setItem(key, JSON.stringify(kept));
  if (isNew()) sessionStorage.setItem(UNNAMED, JSON.stringify(kept.draft));
};

// As if it were typed: composer.js counts and fits.
const type = (text) => {
  input.value = text;
  input.dispatchEvent(new Event("input"));
};

const showOutbox = () => {
  const entries = kept.outbox.map(({ text, names }) => {
    const entry = part("unsent").content.cloneNode(true);
    const lines = [text, ...(names ?? []).map(({ name }) => name)];
    entry.querySelector("[data-said]").textContent = lines.filter(Boolean).join("\n");
    return entry;
  });
  part("outbox").replaceChildren(...entries);
};

// A message leaves the outbox when the log shows it; a refused one returns to the composer.
const settle = () => {
  const { clientId } = part("notice").dataset;
  const refused = kept.outbox.filter(({ client_id }) => client_id === clientId);
  const shown = ({ client_id }) => chat.querySelector(`article[data-client-id="${client_id}"]`);
  const outbox = kept.outbox.filter((message) => !refused.includes(message) && !shown(message));
  if (outbox.length === kept.outbox.length) return;
  kept.outbox = outbox;
  type([...refused.map(({ text }) => text), input.value].filter(Boolean).join("\n\n"));
  const files = refused.flatMap(({ names }) => names ?? []);
  if (files.length) chat.dispatchEvent(new CustomEvent("chatsite:returned", { detail: files }));
  showOutbox();
};

const send = (message) => {
  if (chat.dataset.connection !== "open") return; // It goes out when the connection opens.
  const connection = opened;
  const { text, client_id, files } = message;
  live.send(JSON.stringify({ text, client_id, files }));
  setTimeout(() => {
    // Neither shown nor refused: the connection only looks open.
    if (connection === opened && kept.outbox.includes(message)) live.reconnect();
  }, 8000);
};

// Where a proxy lets no websocket through: the same forms and page, by plain requests.
const byHttp = (method, path, values) =>
  htmx
    .ajax(method, path, { values, target: "#messages", select: "#messages", swap: "outerHTML" })
    .then(settle, () => {});

// crypto.randomUUID is missing where the page came over plain HTTP.
const randomId = () =>
  crypto.randomUUID?.() ??
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => {
    const random = crypto.getRandomValues(new Uint8Array(1))[0];
    return (digit ^ (random & (15 >> (digit / 4)))).toString(16);
  });

chat.addEventListener("htmx:wsOpen", ({ detail }) => {
  live = detail.socketWrapper;
  opened += 1;
  failures = 0;
  kept.outbox.forEach(send);
});
chat.addEventListener("htmx:wsAfterMessage", settle);
chat.addEventListener("htmx:wsClose", () => {
  failures += 1;
  if (failures % 4) return;
  const [message] = kept.outbox;
  if (message) {
    const { text, client_id, files } = message;
    byHttp("POST", form.action, { text, client_id, files: files ?? [] });
  }
  else byHttp("GET", form.dataset.url);
});
// A retry or a rating: the extension sends it, now or when the connection opens.
chat.addEventListener("htmx:wsConfigSend", ({ target, detail }) => {
  if (target.matches("[data-retry]")) {
    target.querySelector("[type=submit]").disabled = true;
    part("scroll").focus({ preventScroll: true });
  }
  if (failures > 3) byHttp("POST", target.action, detail.parameters);
});

chat.addEventListener("submit", (event) => {
  // Whoever uses this browser next finds nothing of what was typed.
  if (event.target.matches("[data-leave]")) sessionStorage.clear();
  part("notice").textContent = "";
  if (!event.target.matches("[data-ask]")) return;
  event.preventDefault();
  const said = new FormData(event.target, event.submitter);
  const text = said.get("text").trim();
  const files = said.getAll("files").filter(Boolean); // one that failed has none
  if (!text && !files.length) return;
  const entries = [...event.target.querySelectorAll("[data-state=ready]")];
  const names = entries.map(({ dataset: { id, name, kind } }) => ({ id, name, kind }));
  const message = { text, client_id: randomId(), files, names };
  if (isNew()) sessionStorage.removeItem(UNNAMED);
  kept.outbox.push(message);
  delete chat.dataset.new;
  if (files.length) chat.dispatchEvent(new Event("chatsite:taken"));
  type(event.target === form ? "" : input.value);
  showOutbox();
  send(message);
  // In a frame on another site, the address stays the frame's.
  if (!("frame" in document.body.dataset)) history.replaceState(null, "", form.dataset.url);
  (event.target === form ? input : part("scroll")).focus({ preventScroll: true });
});
input.addEventListener("input", keep);

type(input.value || kept.draft || (isNew() && stored(UNNAMED)) || "");
settle();
showOutbox();
