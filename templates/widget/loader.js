// The chat on this page: a bubble, and a frame that is loaded once it is wanted.
(() => {
  const config = {{ config|safe }};
  const script = document.currentScript;
  if (!script || window.Chatsite) return;
  const { origin } = new URL(script.src);
  const given = script.dataset;
  const pick = (name) => given[name] || config[name];
  const wanted = (pick("language") || navigator.language).toLowerCase();
  const [toOpen, toClose] =
    config.labels[wanted] ?? config.labels[wanted.split("-")[0]] ??
    config.labels[wanted.startsWith("zh") ? "zh-hans" : "en"];
  const TALKED = `chatsite:${config.key}`;
  let root, bubble, panel, frame, badge, unread, isOpen, isReady, identity;
  unread = 0;

  const remembered = () => {
    try {
      return localStorage.getItem(TALKED);
    } catch {
      return null;
    }
  };
  // That there is a conversation; and who the browser is, where it lets the frame keep nothing.
  const remember = ({ keeper }) => {
    try {
      localStorage.setItem(TALKED, keeper || remembered() || "1");
    } catch {
      // Kept by nobody: the chat is loaded when it is opened.
    }
  };

  const CSS = `
    :host { all: initial; }
    button, .panel { position: fixed; z-index: 2147483000; bottom: 20px; inset-inline-${pick("position") === "start" ? "start" : "end"}: 20px; }
    button { display: grid; place-items: center; width: 56px; height: 56px; padding: 0; border: 0; border-radius: 28px; background: ${color()}; color: #fff; cursor: pointer; box-shadow: 0 4px 16px rgb(0 0 0 / 25%); }
    button:focus-visible { outline: 3px solid ${color()}; outline-offset: 3px; }
    svg { width: 26px; height: 26px; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    .count { position: absolute; top: -4px; inset-inline-end: -4px; min-width: 20px; border-radius: 10px; background: #a3262c; color: #fff; font: 600 12px/20px system-ui, sans-serif; text-align: center; }
    .panel { bottom: 88px; width: 400px; max-width: calc(100vw - 40px); height: 640px; max-height: calc(100vh - 108px); overflow: hidden; border-radius: 16px; background: #fff; box-shadow: 0 8px 40px rgb(0 0 0 / 25%); }
    iframe { display: block; width: 100%; height: 100%; border: 0; }
    .count[hidden] { display: none; }
    /* Laid out all the same, so that it is there at once when it is opened. */
    .panel[hidden] { display: block; visibility: hidden; pointer-events: none; }
    @media (prefers-color-scheme: dark) { .panel { background: #15161e; } }
    @media (max-width: 480px), (max-height: 480px) {
      .panel { inset: 0; width: auto; max-width: none; height: auto; max-height: none; border-radius: 0; }
      .panel:not([hidden]) ~ button { display: none; }
    }
    @media print { button, .panel { display: none; } }`;

  function color() {
    return /^#[0-9a-f]{6}$/i.test(pick("accent")) ? pick("accent") : config.accent;
  }

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  // Without innerHTML, which a page with Trusted Types refuses.
  const icon = (path) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  };

  // What is said before the frame is there, it asks for when it is.
  const say = (message) =>
    isReady && frame.contentWindow.postMessage({ chatsite: config.key, ...message }, origin);

  const tell = (name, detail) => dispatchEvent(new CustomEvent(`chatsite:${name}`, { detail }));

  const count = (number) => {
    unread = isOpen ? 0 : number;
    badge.hidden = !unread;
    badge.textContent = unread > 9 ? "9+" : String(unread);
    label();
    tell("unread", unread);
  };

  const label = () => {
    const words = isOpen ? toClose : given.label || toOpen;
    bubble.setAttribute("aria-label", unread && !isOpen ? `${words} (${unread})` : words);
    bubble.setAttribute("aria-expanded", String(Boolean(isOpen)));
  };

  const load = () => {
    if (frame) return;
    const query = new URLSearchParams();
    if (given.accent) query.set("accent", given.accent.replace("#", ""));
    if (pick("language")) query.set("language", pick("language"));
    // A name alone: whoever the customer is never stands in an address.
    frame = element("iframe", {
      src: `${origin}/widget/${config.key}/${query.size ? `?${query}` : ""}`,
      title: config.name,
      allow: "clipboard-write",
    });
    // Tabbing out of the frame comes back in at its other end.
    const edge = (to) => {
      const made = element("div", { tabindex: "0" });
      made.addEventListener("focus", () => {
        frame.focus();
        say({ type: "focus", to });
      });
      return made;
    };
    panel.append(edge("last"), frame, edge("first"));
  };

  const identify = async () => {
    const token = typeof identity === "function" ? await identity() : identity;
    say({ type: "identify", identity: token ?? "", keeper: remembered() });
  };

  const api = {
    open() {
      build();
      load();
      isOpen = true;
      panel.hidden = false;
      count(0);
      frame.focus();
      say({ type: "opened" });
      tell("open");
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      panel.hidden = true;
      label();
      say({ type: "closed" });
      bubble.focus();
      tell("close");
    },
    // A token that your server signed, or a function that fetches one: it is asked again when the
    // token is over. Nothing: the customer has signed out.
    identify(token) {
      identity = token;
      if (frame) identify();
    },
    get unread() {
      return unread;
    },
  };

  const heard = {
    // The frame asks who is there before it opens anything.
    ready: () => {
      isReady = true;
      identify();
      if (isOpen) say({ type: "opened" });
    },
    identify,
    close: api.close,
    talked: remember,
    keep: remember,
    unread: ({ count: number }) => count(Number(number) || 0),
  };
  addEventListener("message", (event) => {
    if (event.origin !== origin || !frame || event.source !== frame.contentWindow) return;
    if (event.data?.chatsite === config.key) heard[event.data.type]?.(event.data);
  });

  function build() {
    if (root) return;
    const host = element("div");
    root = host.attachShadow({ mode: "open" });
    // By a sheet of its own, which no policy on styles forbids.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
    badge = element("span", { class: "count", hidden: "" });
    panel = element("div", { class: "panel", role: "dialog", "aria-label": config.name, hidden: "" });
    bubble = element(
      "button",
      { type: "button", "aria-haspopup": "dialog" },
      icon("M21 12a8 8 0 0 1-8 8H4l2-3a8 8 0 1 1 15-5Z"),
      badge,
    );
    label();
    bubble.addEventListener("click", () => (isOpen ? api.close() : api.open()));
    bubble.addEventListener("pointerenter", load);
    root.addEventListener("keydown", ({ key }) => key === "Escape" && api.close());
    root.append(panel, bubble);
    document.body.append(host);
    // Whoever has talked here before hears of an answer without opening it.
    if (remembered()) load();
  }

  window.Chatsite = api;
  const whenIdle = () =>
    window.requestIdleCallback ? requestIdleCallback(build, { timeout: 5000 }) : setTimeout(build, 500);
  if (document.readyState === "complete") whenIdle();
  else addEventListener("load", whenIdle, { once: true });
})();
