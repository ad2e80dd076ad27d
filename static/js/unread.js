// Answers that came while the reader was elsewhere are counted in the window's title.
const messages = document.querySelector("[data-thread]");
const title = document.title;
const FINISHED = ".log article:is([data-role=assistant], [data-role=staff]):not([aria-busy])";
const finished = () => messages.querySelectorAll(FINISHED).length;
let seen = finished();

const count = () => {
  if (!document.hidden) seen = finished();
  const unread = Math.max(finished() - seen, 0);
  document.title = unread ? `(${unread}) ${title}` : title;
};
new MutationObserver(count).observe(messages, { childList: true, subtree: true });
document.addEventListener("visibilitychange", count);
