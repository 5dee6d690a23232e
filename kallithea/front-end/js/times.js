// Times stand in the page as their authors saw them; here they become "2 hours ago", with the local time as the title.

const STEPS = [
  ["year", 31_556_952],
  ["month", 2_629_746],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

export function relative(seconds, words) {
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / length), unit);
  }
  return "just now";
}

export function makeTimesRelative(root) {
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const shown = [...root.querySelectorAll("time[datetime]")]
    .map((element) => ({ element, when: new Date(element.dateTime) }))
    .filter(({ when }) => !Number.isNaN(when.getTime()));
  const show = () => {
    for (const { element, when } of shown) element.textContent = relative((when - Date.now()) / 1000, words);
  };
  for (const { element, when } of shown) element.title = `${local.format(when)} (${element.textContent})`;
  show();
  setInterval(show, 60_000);
}
