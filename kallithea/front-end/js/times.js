// Times stand in the page with their zone; here they become "2 hours ago", with the time in the reader's zone as the title.

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

// The zone of the account, else that of the browser. Servers may know zones that this browser does not.
function inZone(timeZone) {
  const how = { year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short" };
  try {
    return new Intl.DateTimeFormat(undefined, { ...how, timeZone });
  } catch {
    return new Intl.DateTimeFormat(undefined, how);
  }
}

// The first of the list of zones leaves it to the browser: say what that is.
export function nameOwnZone(root) {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const choice = root.querySelector("[data-browser-zone]");
  if (choice && zone) choice.textContent = `As the browser says: ${zone}`;
}

export function makeTimesRelative(root) {
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const local = inZone(document.documentElement.dataset.zone);
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
