// Reading: the newest words stay in view while the reader is at the end; times are the reader's.
const chat = document.querySelector("[data-chat]");
const [scroll, thread, jump] = ["scroll", "thread", "jump"].map((name) =>
  chat.querySelector(`[data-${name}]`),
);
let following = true;
let last = 0;
// A new conversation shows its greeting, from the top.
const isNew = () => !thread.querySelector(".entry");

const follow = () => {
  if (isNew()) return;
  if (following) {
    thread.style.minHeight = "";
    scroll.scrollTop = scroll.scrollHeight;
    return;
  }
  // What is below became shorter, as when a better answer takes a draft's place: who reads stays.
  thread.style.minHeight = `${last + scroll.clientHeight}px`;
  scroll.scrollTop = last;
};
// At first what is out of view is not laid out. Once it is, what is being read has not moved.
const opened = () => {
  const end = scroll.scrollHeight - scroll.scrollTop;
  delete scroll.dataset.opening;
  last = scroll.scrollTop = scroll.scrollHeight - end;
};
if (window.requestIdleCallback) requestIdleCallback(opened);
else setTimeout(opened, 300);

const resized = new ResizeObserver(follow);
resized.observe(scroll);
resized.observe(thread);

scroll.addEventListener("scroll", () => {
  const { scrollTop, scrollHeight, clientHeight } = scroll;
  const distance = scrollHeight - scrollTop - clientHeight;
  // Upwards is the reader's wish to stay, unless the end itself has come nearer.
  if (scrollTop < last) following = distance < 2;
  else if (scrollTop > last && distance < 80) following = true;
  jump.hidden = following || isNew();
  last = scrollTop;
});
jump.addEventListener("click", () => {
  following = true;
  follow();
});
chat.addEventListener("submit", ({ target }) => {
  if (!target.matches("[data-rating]")) following = true;
});

// Earlier messages come in above; what is being read stays where it is.
let below = 0;
chat.addEventListener("htmx:beforeSwap", () => {
  below = scroll.scrollHeight - scroll.scrollTop;
});
chat.addEventListener("htmx:afterSwap", () => {
  scroll.scrollTop = scroll.scrollHeight - below;
});

// Made once: `toLocaleString` makes one each time, a tenth of a millisecond.
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const [whole, hours, days] = [
  { dateStyle: "medium", timeStyle: "short" },
  CLOCK,
  { month: "short", day: "numeric", ...CLOCK },
].map((options) => new Intl.DateTimeFormat([], options));

const localise = () => {
  const today = new Date().toDateString();
  for (const time of thread.querySelectorAll("time:not([title])")) {
    const date = new Date(time.dateTime);
    time.title = whole.format(date);
    time.textContent = (date.toDateString() === today ? hours : days).format(date);
  }
};
new MutationObserver(localise).observe(thread, { childList: true, subtree: true });
localise();
