// Saves what waits for the tests as soon as none of them breaks; going back keeps what was typed.
const saving = document.querySelector("[data-save]");
const saveIfClear = () => {
  if (document.querySelector("[data-clear]")) saving.requestSubmit();
};
document.addEventListener("htmx:afterSwap", saveIfClear);
saveIfClear();
document.querySelector("[data-back]").addEventListener("click", (event) => {
  if (history.length > 1) {
    event.preventDefault();
    history.back();
  }
});
