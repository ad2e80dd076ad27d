// The slider moves the number beside it, and the number the slider; htmx asks for the effect.
const slider = document.querySelector("[data-slider]");
const number = document.querySelector("[data-number]");
slider.hidden = false;
slider.addEventListener("input", () => {
  number.value = slider.value;
  number.dispatchEvent(new Event("input", { bubbles: true }));
});
number.addEventListener("input", () => {
  slider.value = number.value;
});
