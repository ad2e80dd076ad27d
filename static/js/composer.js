// Writing: the box fits its text, says when that is too long, and sends on Enter.
const composer = document.querySelector("[data-composer]");
const part = (name) => composer.querySelector(`[data-${name}]`);
const input = part("text");

input.addEventListener("input", () => {
  const length = [...input.value.trim()].length;
  const { limit, tooLong } = input.dataset;
  part("field").dataset.said = input.value;
  part("count").value = length > 0.9 * limit ? `${length} / ${limit}` : "";
  input.setCustomValidity(length > limit ? tooLong : "");
});
input.addEventListener("keydown", (event) => {
  // 229: in Safari, the Enter that ended a composition.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  if (input.value.trim() || !input.required) composer.requestSubmit();
});
