// A colleague sees how far the files of a reply have come.
const { body } = document;

const bar = (form) => form.querySelector?.("[data-upload]");

body.addEventListener("htmx:xhr:progress", ({ target, detail: { loaded, total } }) => {
  const shown = bar(target);
  if (!shown || !target.querySelector("[type=file]").files.length) return;
  shown.hidden = false;
  shown.value = (100 * loaded) / total;
});
body.addEventListener("htmx:afterRequest", ({ target }) => {
  if (bar(target)) bar(target).hidden = true;
});
