// The preview follows what is typed: the form is posted into its frame, and nothing is stored.
addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector("[data-preview-button]");
  if (!button) return;
  const { form } = button;
  let waiting;
  const show = () => {
    // Django's admin asks nothing here, and the frame's answer leaves the page as it is.
    form.requestSubmit(button);
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 400);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  show();
});
