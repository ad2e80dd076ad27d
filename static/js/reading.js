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

const localise = () => {
  for (const time of thread.querySelectorAll("time:not([title])")) {
    const date = new Date(time.dateTime);
    const today = date.toDateString() === new Date().toDateString();
    const day = today ? {} : { month: "short", day: "numeric" };
    time.title = date.toLocaleString();
    time.textContent = date.toLocaleString([], {
      ...day,
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  }
};
new MutationObserver(localise).observe(thread, { childList: true, subtree: true });
localise();
