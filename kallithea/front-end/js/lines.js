// Ranges of lines: `#L10-L20`, chosen by a click on one number and a click with Shift on another.

const RANGE = /^#L(\d+)(?:-L?(\d+))?$/;

export function range(hash) {
  const found = RANGE.exec(hash);
  if (!found) return null;
  const [first, last] = [Number(found[1]), Number(found[2] ?? found[1])];
  return { first: Math.min(first, last), last: Math.max(first, last) };
}

export function chooseLines(root) {
  const table = root.querySelector("table[data-lines]");
  if (!table) return void leadToSource(root);

  const show = ({ scroll }) => {
    for (const row of table.querySelectorAll("tr.chosen")) row.classList.remove("chosen");
    const chosen = range(location.hash);
    if (!chosen) return;
    for (let number = chosen.first; number <= chosen.last; number++) {
      const row = root.getElementById(`L${number}`);
      if (!row) break;
      row.classList.add("chosen");
    }
    if (scroll) root.getElementById(`L${chosen.first}`)?.scrollIntoView({ block: "center" });
  };

  table.addEventListener("click", (event) => {
    const link = event.target.closest(".no a");
    const start = range(location.hash);
    if (!link || !event.shiftKey || !start) return;
    event.preventDefault();
    const end = range(link.hash).first;
    const [first, last] = [Math.min(start.first, end), Math.max(start.first, end)];
    history.replaceState(null, "", first === last ? `#L${first}` : `#L${first}-L${last}`);
    show({ scroll: false });
  });
  addEventListener("hashchange", () => show({ scroll: location.hash.includes("-") }));
  show({ scroll: true });
}

// A link to a line of a file that is shown laid out means its source.
function leadToSource(root) {
  const source = root.querySelector("[data-source]")?.dataset.source;
  if (!source) return;
  const go = () => range(location.hash) && !root.getElementById(location.hash.slice(1)) && location.replace(source + location.hash);
  addEventListener("hashchange", go);
  go();
}
