// Files in the log. In a frame on another site no cookie goes along: there each is fetched by token.
const chat = document.querySelector("[data-chat]");
const inFrame = "frame" in document.body.dataset;
const fetched = new Map();

const headers = () => {
  const detail = {};
  document.body.dispatchEvent(new CustomEvent("chatsite:headers", { detail }));
  return detail;
};

const byToken = async (url) => {
  const response = await fetch(url, { headers: headers(), credentials: "omit" });
  if (!response.ok) throw new Error(response.status);
  return URL.createObjectURL(await response.blob());
};

const address = (url) => {
  if (!inFrame) return url;
  if (!fetched.has(url)) fetched.set(url, byToken(url));
  return fetched.get(url);
};

const show = () => {
  for (const image of chat.querySelectorAll("img[data-src]")) {
    const url = image.dataset.src;
    delete image.dataset.src;
    // At once where there is nothing to wait for: before the first paint.
    if (!inFrame) image.src = url;
    else address(url).then((blob) => (image.src = blob), () => fetched.delete(url));
  }
};

chat.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-file]");
  if (!link || !inFrame || link.href.startsWith("blob:")) return;
  event.preventDefault();
  const saved = document.createElement("a");
  saved.download = link.dataset.file;
  saved.href = await address(link.getAttribute("href"));
  saved.click();
});

new MutationObserver(show).observe(chat, { childList: true, subtree: true });
show();
