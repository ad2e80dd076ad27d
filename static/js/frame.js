// The chat in a frame on another site: who is there, by tokens that no address ever carries, and
// what the page around it is told and tells.
const { body } = document;
const { frame: key, open, renew, origins, modules, failed, signedOut } = body.dataset;
const allowed = new Set(origins.split(" "));
const room = body.querySelector("[data-room]");
const trouble = body.querySelector("[data-trouble]");
const STORED = `chatsite.keeper.${key}`;
let host; // the origin around us, once it has spoken
let identity = "";
let token = "";
let renewal;
let isShown = false;
let keeps = true; // whether the browser lets us keep anything

// A browser that keeps nothing for frames: what is typed lasts as long as the page.
const safe = (name) => {
  try {
    window[name].length;
  } catch {
    if (name === "localStorage") keeps = false;
    const kept = new Map();
    const value = {
      getItem: (at) => kept.get(at) ?? null,
      setItem: (at, what) => kept.set(at, String(what)),
      removeItem: (at) => kept.delete(at),
      clear: () => kept.clear(),
      length: 0,
    };
    Object.defineProperty(window, name, { value, configurable: true });
  }
};
safe("localStorage");
safe("sessionStorage");

const say = (message) => host && parent.postMessage({ chatsite: key, ...message }, host);

const post = async (address, more = {}) => {
  const said = { keeper: localStorage.getItem(STORED), identity, ...more };
  const response = await fetch(`${address}?language=${document.documentElement.lang}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    credentials: "omit",
    body: JSON.stringify(said),
  });
  if (response.status === 401) throw new Error(signedOut);
  if (!response.ok) throw new Error(failed);
  const given = await response.json();
  token = given.token;
  if (given.keeper) localStorage.setItem(STORED, given.keeper);
  if (given.keeper && !keeps) say({ type: "keep", keeper: given.keeper });
  clearTimeout(renewal);
  // A minute before it is over, however long it lasts.
  renewal = setTimeout(again, Math.max(given.seconds - 60, given.seconds / 2, 5) * 1000);
  return given;
};

const again = () =>
  post(renew).then(
    () => (trouble.textContent = ""),
    ({ message }) => {
      if (message !== signedOut) return (renewal = setTimeout(again, 5000));
      // Only the page around us can have the customer signed again.
      trouble.textContent = signedOut;
      say({ type: "identify" });
    },
  );

// What the page's own modules ask for: a token with each request, and with the socket.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  detail.headers["X-Chat-Token"] = token;
});
body.addEventListener("chatsite:headers", ({ detail }) => {
  detail["X-Chat-Token"] = token;
});
document.addEventListener("htmx:wsClose", ({ detail: { event } }) => {
  if (event.code === 4401) again();
});

let isLoading = false;
const load = async (more) => {
  if (isLoading) return;
  isLoading = true;
  try {
    const { html, talked } = await post(open, more);
    room.innerHTML = html;
    room.querySelector("[data-chat]").protocols = () => ["chatsite", `chatsite.token.${token}`];
    for (const module of modules.trim().split(/\s+/)) await import(module);
    htmx.process(room);
    trouble.textContent = "";
    if (talked) say({ type: "talked" });
    watch();
    if (isShown) focus();
  } catch ({ message }) {
    trouble.textContent = message;
    if (message === signedOut) say({ type: "identify" });
  }
  isLoading = false;
};

// Modules run once: another conversation or customer is another page.
const afresh = (more) => {
  if (more) sessionStorage.setItem("chatsite.next", JSON.stringify(more));
  location.reload();
};

const focus = () => room.querySelector("[data-text]")?.focus();

const watch = () => {
  const log = room.querySelector("[data-thread]");
  const FINISHED = ".log article:is([data-role=assistant], [data-role=staff]):not([aria-busy])";
  const finished = () => log.querySelectorAll(FINISHED).length;
  let seen = finished();
  const count = () => {
    if (isShown) seen = finished();
    say({ type: "unread", count: Math.max(finished() - seen, 0) });
    if (log.querySelector(".log article")) say({ type: "talked" });
  };
  new MutationObserver(count).observe(log, { childList: true, subtree: true });
  body.addEventListener("chatsite:shown", count);
};

const heard = {
  identify: ({ identity: given, keeper }) => {
    if (!keeps && keeper && !token) localStorage.setItem(STORED, keeper);
    const changed = identity !== given && token && !sameCustomer(identity, given);
    identity = given;
    if (changed) afresh();
    else if (token) again();
    else load(next);
  },
  opened: () => {
    isShown = true;
    body.dispatchEvent(new Event("chatsite:shown"));
    focus();
  },
  closed: () => {
    isShown = false;
  },
  focus: ({ to }) => {
    const found = [...body.querySelectorAll("a[href], button, textarea, summary, [tabindex='0']")];
    const shown = found.filter((each) => each.checkVisibility());
    (to === "first" ? shown[0] : shown.at(-1))?.focus();
  },
};

// Signed anew for the same customer, a token changes nothing that is shown.
const subject = (signed) => {
  try {
    return JSON.parse(atob(signed.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).sub;
  } catch {
    return "";
  }
};
const sameCustomer = (one, other) => subject(one) === subject(other);

addEventListener("message", ({ origin, source, data }) => {
  if (source !== parent || !allowed.has(origin) || data?.chatsite !== key) return;
  host = origin;
  heard[data.type]?.(data);
});

body.addEventListener("click", ({ target }) => {
  if (target.closest("[data-close]")) say({ type: "close" });
  if (target.closest("[data-new-chat]")) afresh({ new: true });
  const link = target.closest("a[href]");
  // A link leads to a page of its own, and not into the frame.
  if (link && !link.getAttribute("href").startsWith("#")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
});
addEventListener("keydown", ({ key: pressed }) => pressed === "Escape" && say({ type: "close" }));

// Ending the chat: the browser forgets who it was.
body.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-leave]")) return;
  event.preventDefault();
  fetch(event.target.action, {
    method: "POST",
    headers: { "X-Chat-Token": token },
    body: new FormData(event.target),
    credentials: "omit",
  }).finally(() => {
    localStorage.removeItem(STORED);
    afresh();
  });
});

const next = JSON.parse(sessionStorage.getItem("chatsite.next")) ?? {};
sessionStorage.removeItem("chatsite.next");
// To whoever is around us, as nobody is known yet; it holds nothing but the public key.
parent.postMessage({ chatsite: key, type: "ready" }, "*");
