// The websocket behind the page: when it comes back, what the reader is told, what is appended.
const chat = document.querySelector("[data-chat]");
const status = chat.querySelector("[data-connection-status]");
// The codes after which the extension reconnects by itself, and those after which nobody does: not
// allowed, ended.
const RETRIED = [1006, 1011, 1012, 1013];
const FINAL = [4403, 4410];
let socket, live, frames, hiddenSince, focused;

// At most 1 s: a tab is to be current within 2 s of the server's return. Random, so that not all
// tabs return in the same instant.
htmx.config.wsReconnectDelay = (failures) =>
  Math.min(300 * 1.6 ** failures, 1000) * (0.5 + Math.random() / 2);

htmx.createWebSocket = (url) => {
  if (socket) socket.onclose = null;
  socket?.close();
  chat.dataset.connection = "opening";
  const { seen } = chat.querySelector("[data-seen]").dataset;
  const opening = (socket = new WebSocket(url.replace(/\d*$/, seen), chat.protocols?.() ?? []));
  setTimeout(() => opening.readyState === WebSocket.CONNECTING && opening.close(), 5000);
  return opening;
};

chat.addEventListener("htmx:wsOpen", ({ detail }) => {
  live = detail.socketWrapper;
  frames = 0;
  chat.dataset.connection = "open";
  status.textContent = "";
});

chat.addEventListener("htmx:wsClose", ({ detail: { event, socketWrapper } }) => {
  const final = FINAL.includes(event.code);
  chat.dataset.connection = "closed";
  const words = { 4403: status.dataset.refused, 4410: status.dataset.ended };
  status.textContent = words[event.code] ?? status.dataset.reconnecting;
  if (!final && !RETRIED.includes(event.code))
    setTimeout(socketWrapper.reconnect, 500 + 500 * Math.random());
});

// Tells the server how far this reader has come: it drops one that falls too far behind.
chat.addEventListener("htmx:wsBeforeMessage", () => {
  focused = document.activeElement.id;
  frames += 1;
  if (frames % 32 === 0) live.send(JSON.stringify({ ack: frames }));
});

// A button that was replaced by its like keeps the keyboard.
chat.addEventListener("htmx:wsAfterMessage", () => {
  if (!focused || document.activeElement !== document.body) return;
  document.getElementById(focused)?.focus({ preventScroll: true });
});

// A log that comes whole takes nothing away from above it: what was opened there stays, and what is
// too old for the new one joins it. Where messages between the two are missing, it begins anew.
let above;
const keep = (old, log) => {
  const earlier = chat.querySelector("#earlier");
  const first = old.querySelector(`#${log.querySelector(".entry")?.id}`);
  if (!first) {
    earlier.replaceChildren(...above.children);
    htmx.process(earlier);
    return;
  }
  const older = [...old.querySelectorAll(".entry")].filter(
    (entry) => entry.compareDocumentPosition(first) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  if (!older.length) return;
  const group = document.createElement("div");
  group.className = "log";
  group.role = "group";
  group.ariaLabel = earlier.dataset.label;
  group.append(...older);
  earlier.append(group);
};
chat.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  const log = detail.fragment.querySelector("#messages");
  if (detail.target.id === "earlier") {
    above = detail.fragment.querySelector("#earlier");
    detail.shouldSwap = false;
  } else if (log) keep(detail.target, log);
});

// Appending an entry that is already here replaces it where it stands.
chat.addEventListener("htmx:oobBeforeSwap", ({ detail: { target, fragment } }) => {
  if (target.id !== "messages") return;
  for (const entry of [...fragment.children].filter((child) => child.matches(".entry"))) {
    const old = document.getElementById(entry.id);
    old?.replaceWith(entry);
    if (old) htmx.process(entry);
  }
});

// A sleeping machine's connection may look open and be dead.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiddenSince = Date.now();
  else if (Date.now() - hiddenSince > 60_000) live?.reconnect();
});
