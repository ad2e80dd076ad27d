// What is typed while the reply before it is still being sent goes on in the next box.
const { body } = document;
const box = () => document.querySelector("[data-reply]");
let sent = null;
let now = "";

body.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (target.id === "reply") sent = box().value;
});
body.addEventListener("htmx:oobBeforeSwap", () => {
  now = box()?.value ?? "";
});
body.addEventListener("htmx:oobAfterSwap", () => {
  const field = box();
  if (sent === null || !field || now === sent) return;
  const isNext = field.value === "" && now.startsWith(sent);
  field.value = isNext ? now.slice(sent.length).trimStart() : now;
  sent = null;
});
