// Calls staff who look elsewhere: a number in the tab's title, a sound, and a notification.
const { body } = document;
const ask = document.querySelector("[data-notify]");
// Milliseconds after which a sound that the browser held back would only startle.
const LATE = 2000;
let audio;
let waiting = count();

function count() {
  return Number(document.querySelector("[data-waiting]")?.dataset.waiting ?? 0);
}

function badge() {
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (waiting) document.title = `(${waiting}) ${document.title}`;
}

// A browser is silent until its page was clicked once; one context serves all sounds.
async function ring() {
  audio ??= new AudioContext();
  const asked = performance.now();
  await audio.resume();
  if (performance.now() - asked > LATE) return;
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  volume.gain.value = 0.1;
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.2);
}

function notify() {
  const isHere = !document.hidden && document.hasFocus();
  if (isHere || window.Notification?.permission !== "granted") return;
  const words = waiting === 1 ? "A customer is" : `${waiting} customers are`;
  try {
    // Of many open inboxes and many customers, one notification.
    const shown = new Notification(`${words} waiting for a person`, { tag: "inbox", renotify: true });
    shown.onclick = () => {
      window.focus();
      shown.close();
    };
  } catch {
    // Phones show none from a page.
  }
}

body.addEventListener("htmx:afterSettle", () => {
  const before = waiting;
  waiting = count();
  badge();
  if (waiting <= before) return;
  ring();
  notify();
});

if (window.Notification?.permission === "default") {
  ask.hidden = false;
  ask.onclick = async () => {
    await Notification.requestPermission();
    ask.hidden = true;
  };
}

badge();
