// Who else looks at the open conversation, or types there. Each page says so every few seconds.
const { body } = document;
const note = document.querySelector("[data-people]");
const LASTS = 12000;
// Milliseconds after the last key: a text that was left in the box is not being typed.
const PAUSE = 8000;
const seen = new Map();
let isTyping = false;
let typedAt = -PAUSE;

function say() {
  const detail = { here: body.dataset.open, typing: isTyping };
  if (body.dataset.open) body.dispatchEvent(new CustomEvent("inbox:say", { detail }));
}

function show() {
  const now = Date.now();
  for (const [name, { at }] of seen) if (now - at > LASTS) seen.delete(name);
  const typing = [...seen].filter(([, { typing }]) => typing).map(([name]) => name);
  const looking = [...seen.keys()].filter((name) => !typing.includes(name));
  const words = [];
  if (typing.length) words.push(`${typing.join(", ")} ${typing.length > 1 ? "are" : "is"} typing a reply.`);
  if (looking.length) words.push(`${looking.join(", ")} ${looking.length > 1 ? "are" : "is"} here too.`);
  const text = words.join(" ");
  if (note && note.textContent !== text) note.textContent = text;
}

body.addEventListener("inbox:present", ({ detail }) => {
  for (const [name, typing] of Object.entries(detail)) seen.set(name, { at: Date.now(), typing });
  show();
});
body.addEventListener("inbox:connected", say);
body.addEventListener("input", (event) => {
  if (!event.target.matches("[data-reply]")) return;
  const now = event.target.value.trim() !== "";
  typedAt = performance.now();
  if (now === isTyping) return;
  isTyping = now;
  say();
});
setInterval(() => {
  const text = document.querySelector("[data-reply]")?.value.trim();
  isTyping = Boolean(text) && performance.now() - typedAt < PAUSE;
  say();
  show();
}, 5000);
