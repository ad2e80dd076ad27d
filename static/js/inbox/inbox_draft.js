// A draft by the assistant comes into an empty reply box by itself, into another by a click; both can
// be undone.
const box = () => document.querySelector("[data-reply]");
const part = (name) => document.querySelector(`[data-draft-${name}]`);
let other = null;

function put(text) {
  const field = box();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

function use() {
  other = box().value;
  put(part("text").textContent);
  part("text").hidden = part("use").hidden = true;
  part("undo").hidden = false;
}

// What was typed and what stands now change places: neither is lost.
function undo() {
  const now = box().value;
  put(other);
  other = now;
  part("undo").textContent = part("undo").textContent === "Undo" ? "Redo" : "Undo";
}

document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id !== "draft" || !part("text")) return;
  if (box().value.trim() === "") use();
  else part("use").hidden = false;
});
document.body.addEventListener("click", (event) => {
  if (event.target.closest("[data-draft-use]")) use();
  else if (event.target.closest("[data-draft-undo]")) undo();
});
