// An answer that is being written grows by pieces.
// chatsite/markdown_parser/html_output.py says where each one goes.
const chat = document.querySelector("[data-chat]");
const BETWEEN = "\x1f";

const place = (body, piece) => {
  const letter = piece[0].toLowerCase();
  let element = body;
  for (let depth = letter.charCodeAt(0) - 97; depth > 0; depth -= 1) {
    element = element.lastElementChild;
  }
  const html = piece.slice(1).replaceAll("\b", "");
  for (let back = piece.length - 1 - html.length; back > 0; ) {
    const words = element.lastChild;
    const cut = Math.min(back, words.length);
    words.deleteData(words.length - cut, cut);
    if (!words.length) words.remove();
    back -= cut;
  }
  if (letter === piece[0]) element.insertAdjacentHTML("beforeend", html);
  else element.lastElementChild.outerHTML = html;
};

// Everything else that comes is elements, which htmx puts in their places.
chat.addEventListener("htmx:wsBeforeMessage", (event) => {
  const { message } = event.detail;
  if (!/^[a-z]/i.test(message)) return;
  event.preventDefault();
  const body = chat.querySelector("[data-state=writing] [data-growing]");
  if (body) message.split(BETWEEN).forEach((piece) => place(body, piece));
});
