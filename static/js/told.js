// Whoever wants it is told of an answer that came while they looked elsewhere: both are off at first.
const chat = document.querySelector("[data-chat]");
const told = chat.querySelector("[data-told]");
const thread = chat.querySelector("[data-thread]");
const FINISHED = ".log article:is([data-role=assistant], [data-role=staff]):not([aria-busy])";
const finished = () => thread.querySelectorAll(FINISHED).length;
const box = (name) => told.querySelector(`[data-told-by=${name}]`);
const wants = (name) => localStorage.getItem(`told:${name}`) === "1";
let seen = finished();

const ring = () => {
  const sound = new AudioContext();
  const tone = sound.createOscillator();
  const volume = sound.createGain();
  volume.gain.setValueAtTime(0.08, sound.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.0001, sound.currentTime + 0.4);
  tone.frequency.value = 660;
  tone.connect(volume).connect(sound.destination);
  tone.start();
  tone.stop(sound.currentTime + 0.4);
  tone.onended = () => sound.close();
};

for (const name of ["notice", "sound"]) {
  const can = name === "sound" ? window.AudioContext : window.Notification;
  box(name).disabled = !can;
  box(name).checked = can && wants(name) && (name === "sound" || Notification.permission === "granted");
  box(name).addEventListener("change", async ({ target }) => {
    if (name === "notice" && target.checked)
      target.checked = (await Notification.requestPermission()) === "granted";
    localStorage.setItem(`told:${name}`, target.checked ? "1" : "0");
    if (name === "sound" && target.checked) ring();
  });
}

new MutationObserver(() => {
  const more = finished() > seen;
  seen = finished();
  if (!more || !document.hidden) return;
  if (box("sound").checked) ring();
  // Without the answer's words: others may see the screen.
  if (box("notice").checked)
    new Notification(document.title, { body: told.dataset.words, icon: told.dataset.icon, tag: "chat" });
}).observe(thread, { childList: true, subtree: true });
