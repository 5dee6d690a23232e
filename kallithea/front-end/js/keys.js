// Keyboard shortcuts and the sheet that lists them. They can be switched off there, because single keys get in the way of
// people who speak to their computer.

const STORED = "kallithea-keys";
const TYPING = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";
const HELP = [
  ["?", "Show or hide this sheet"],
  ["/", "Go to the filter"],
  ["j", "Next entry", "k", "Previous entry"],
  ["[", "Page before", "]", "Page after"],
  ["g s", "Summary", "g f", "Files"],
  ["g h", "History", "g b", "Branches"],
  ["g t", "Tags", "g r", "All repositories"],
  ["t", "Find a file"],
  ["y", "Permanent address of what is shown"],
  ["p", "Parent commit", "n", "Child commit"],
];

const rememberedOff = () => {
  try {
    return localStorage.getItem(STORED) === "off";
  } catch {
    return false;
  }
};

export function listenForKeys(root) {
  let isOff = rememberedOff();
  let isGoing = false;
  const sheet = helpSheet(root, isOff, (off) => {
    isOff = off;
    try {
      localStorage.setItem(STORED, off ? "off" : "on");
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  });
  const toggleSheet = () => (sheet.open ? sheet.close() : sheet.showModal());
  for (const button of root.querySelectorAll("[data-help]")) {
    button.hidden = false;
    button.addEventListener("click", toggleSheet);
  }

  root.addEventListener("keydown", (event) => {
    if (isOff || event.defaultPrevented || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPING)) return;
    if (event.key === "?") return void toggleSheet();
    if (sheet.open) return;
    const action = isGoing ? room(root, event.key) : shortcut(root, event.key);
    isGoing = !isGoing && event.key === "g";
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function shortcut(root, key) {
  if (key === "j" || key === "k") return () => step(root, key === "j" ? 1 : -1);
  const find = { "/": "[data-focus='/']", "[": "a[rel=prev]", "]": "a[rel=next]" }[key];
  const element = root.querySelector(find ?? (/^[a-z]$/.test(key) ? `[data-key="${key}"]` : "none"));
  if (!element) return null;
  return () => {
    if (key === "/") return element.focus();
    // The lines that were chosen are part of the permanent address.
    if (key === "y" && location.hash && !element.hash) element.hash = location.hash;
    element.click();
  };
}

function room(root, key) {
  if (key === "r") return () => root.querySelector(".bar .home").click();
  const tabs = [...root.querySelectorAll(".place .tabs a")];
  const tab = tabs.find((link) => link.textContent.toLowerCase().startsWith(key));
  return tab && (() => tab.click());
}

function step(root, direction) {
  // A summary is several links where it names something: the first that leads to the commit stands for the line.
  const stops = "main .what > span > a:not([rel]), main .what > a, main .list td:first-child a, main details.file > summary";
  const lines = new Map([...root.querySelectorAll(stops)].reverse().map((link) => [link.closest("li, tr") ?? link, link]));
  const links = [...lines.values()].reverse();
  const at = links.indexOf(root.activeElement);
  const next = links[at < 0 ? (direction > 0 ? 0 : links.length - 1) : at + direction];
  next?.focus();
}

function helpSheet(root, isOff, remember) {
  const sheet = root.createElement("dialog");
  sheet.setAttribute("aria-labelledby", "keys-title");
  const rows = HELP.map((pairs) => {
    const cells = [];
    for (let at = 0; at < pairs.length; at += 2) {
      const keys = pairs[at].split(" ").map((key) => `<kbd>${key}</kbd>`).join(" ");
      cells.push(`<dt>${keys}</dt><dd>${pairs[at + 1]}</dd>`);
    }
    return cells.join("");
  });
  sheet.innerHTML = `<h2 id="keys-title">Keyboard shortcuts</h2><dl>${rows.join("")}</dl>
    <form method="dialog" class="row"><label><input type="checkbox"> Use shortcuts</label><span class="push"></span>
    <button class="button" autofocus>Close</button></form>`;
  const box = sheet.querySelector("input");
  box.checked = !isOff;
  box.addEventListener("change", () => remember(!box.checked));
  root.body.append(sheet);
  return sheet;
}
