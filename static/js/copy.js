// Copying an answer: its words as they are read.
const chat = document.querySelector("[data-chat]");

// The clipboard is missing where the page came over plain HTTP: then the words are selected.
const copy = (element) => {
  if (navigator.clipboard) return navigator.clipboard.writeText(element.innerText);
  getSelection().selectAllChildren(element);
  return Promise.resolve();
};

chat.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  copy(document.getElementById(button.dataset.copy)).then(() => {
    button.dataset.copied = "";
    button.title = button.dataset.copiedLabel;
    button.setAttribute("aria-label", button.title);
  });
});
