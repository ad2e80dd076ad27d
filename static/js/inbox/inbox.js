// The inbox hears what has changed, and reads it anew.
const { htmx } = window;
const body = document.body;
const list = document.querySelector("#queue");
const connection = document.querySelector("[data-connection]");
let wait = 500;
let socket;

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/ws/inbox/?queue=${list.dataset.queue}`);
  socket.onopen = () => {
    wait = 500;
    connection.hidden = true;
    body.dispatchEvent(new CustomEvent("inbox:connected"));
  };
  socket.onmessage = (event) => {
    const { queue, here, present = {} } = JSON.parse(event.data);
    body.dispatchEvent(new CustomEvent("inbox:present", { detail: present }));
    if (here) htmx.trigger(body, "here");
    if (queue) htmx.swap(list, queue, { swapStyle: "innerHTML" }, { eventInfo: { target: list } });
    else if (queue === "") htmx.trigger(body, "news");
  };
  socket.onclose = (event) => {
    connection.hidden = false;
    if (event.code === 4403) {
      connection.textContent = "You are no longer signed in. Reload the page.";
      return;
    }
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, 15000);
  };
}

body.addEventListener("inbox:say", ({ detail }) => {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(detail));
});

function follow() {
  const log = document.querySelector("[data-log]");
  if (log) log.scrollTop = log.scrollHeight;
}

// Whoever reads the newest message still does when the reply box grows or a fold opens.
let atEnd = true;
const keep = () => atEnd && follow();
document.addEventListener("scroll", ({ target }) => {
  if (target.matches?.("[data-log]"))
    atEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 60;
}, true);
document.addEventListener("toggle", keep, true);
const live = document.querySelector("#live");
if (live) new ResizeObserver(keep).observe(live);

// Somebody who scrolled up, typed or opened something keeps their place.
let place = null;
let opened = new Map();
const folds = () => [...document.querySelectorAll("#live details")];
body.addEventListener("htmx:beforeSwap", (event) => {
  const log = document.querySelector("[data-log]");
  place = log && !atEnd ? log.scrollTop : null;
  const field = document.activeElement;
  const refreshed = event.detail.requestConfig.verb === "get" && event.detail.target.id === "live";
  if (refreshed && field?.closest("#live form") && field.value) event.detail.shouldSwap = false;
  opened = new Map(folds().map((fold) => [fold.classList[0], fold.open]));
});
body.addEventListener("htmx:afterSwap", () => {
  for (const fold of folds()) fold.open = opened.get(fold.classList[0]) ?? fold.open;
});
body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id === "live") {
    if (place === null) follow();
    else document.querySelector("[data-log]").scrollTop = place;
  }
  const line = document.getElementById(`line-${list.dataset.open}`);
  line?.setAttribute("aria-current", "true");
});

body.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-insert]");
  const field = document.querySelector("[data-reply]");
  if (!choice || !field) return;
  field.value = choice.dataset.insert;
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// j and k walk through the queue; some keys press or open what carries them; Ctrl+Enter sends.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (typing?.matches("[data-reply]") && event.key === "Enter" && (event.ctrlKey || event.metaKey))
    typing.form.requestSubmit();
  if (typing && event.key === "Escape") typing.blur();
  const choices = [...document.querySelectorAll("[data-insert]")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && choices.length && event.target.matches("[data-reply], [data-insert]")) {
    event.preventDefault();
    const next = choices.indexOf(event.target) + step;
    (choices[next] ?? (next < 0 ? document.querySelector("[data-reply]") : choices.at(-1))).focus();
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const lines = [...document.querySelectorAll("[data-line]")];
  const at = lines.indexOf(document.activeElement);
  if (event.key === "j") lines[Math.min(at + 1, lines.length - 1)]?.focus();
  else if (event.key === "k") lines[Math.max(at - 1, 0)]?.focus();
  else if (event.key === "?") document.querySelector("[data-keys]").showModal();
  else if (document.querySelector(`[data-focus="${CSS.escape(event.key)}"]`)) {
    event.preventDefault();
    const field = document.querySelector(`[data-focus="${CSS.escape(event.key)}"]`);
    field.closest("details")?.setAttribute("open", "");
    field.focus();
  } else document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
});

document.querySelector("[data-show-keys]").onclick = () =>
  document.querySelector("[data-keys]").showModal();

follow();
connect();
