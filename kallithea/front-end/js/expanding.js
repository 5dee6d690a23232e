// Lines around changes come into their place, and so do the changes of a file that were left out. Without script the same links
// lead to pages that show them.

const STEP = 20;
const MOST = 400;

async function tableAt(root, address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// Which lines a click asks for: from which number of the new side, how many, and where they go.
export function wanted(gap, way) {
  const end = gap.end ?? gap.start + STEP - 1;
  const most = way === "all" ? MOST : STEP;
  const start = way === "up" ? Math.max(gap.start, end - most + 1) : gap.start;
  const count = Math.min(most, end - start + 1);
  return { start, count, old: gap.old + start - gap.start };
}

// What is left of a gap afterwards; null when nothing is.
export function left(gap, way, { start, count }, hasMore) {
  if (way === "up") return start > gap.start ? { ...gap, end: start - 1 } : null;
  const rest = { ...gap, start: start + count, old: gap.old + count };
  if (gap.end === undefined) return hasMore ? rest : null;
  return rest.start <= gap.end ? rest : null;
}

const numberOf = (text) => (text === undefined ? undefined : Number(text));
const gapOf = ({ dataset }) => ({ start: Number(dataset.start), end: numberOf(dataset.end), old: Number(dataset.old) });

function write(row, gap) {
  if (!gap) {
    // A heading between lines that follow each other has nothing to tell any more.
    row.remove();
    return;
  }
  Object.assign(row.dataset, { start: gap.start, old: gap.old });
  if (gap.end !== undefined) row.dataset.end = gap.end;
}

async function expand(root, link) {
  const row = link.closest("tr");
  const file = link.closest("details.file");
  const gap = gapOf(row);
  const ask = wanted(gap, link.dataset.way);
  const address = new URL(file.dataset.lines, location.href);
  const isSplit = link.closest("table").classList.contains("split");
  const query = { ...ask, file: file.id.slice(1), ...(isSplit ? { split: 1 } : {}) };
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  const found = (await tableAt(root, address)).querySelector("main table.diff");
  const lines = found ? [...found.tBodies[0].rows].map((line) => root.importNode(line, true)) : [];
  if (link.dataset.way === "up") row.after(...lines);
  else row.before(...lines);
  write(row, lines.length ? left(gap, link.dataset.way, { ...ask, count: lines.length }, found.dataset.more === "yes") : null);
  (row.isConnected ? link : (lines[0]?.querySelector("a") ?? file.querySelector("summary"))).focus();
}

async function load(root, link) {
  const file = link.closest("details.file");
  const found = (await tableAt(root, link.href)).getElementById(file.id);
  if (!found) throw new Error("no such file");
  const loaded = root.importNode(found, true);
  loaded.open = true;
  file.replaceWith(loaded);
  loaded.querySelector("summary").focus();
}

export function showMore(root) {
  root.addEventListener("click", async (event) => {
    const link = event.target.closest("[data-way], a[data-load]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || link.ariaBusy === "true") return;
    event.preventDefault();
    link.ariaBusy = "true";
    try {
      await (link.dataset.way ? expand(root, link) : load(root, link));
    } catch {
      // The page behind the link says what is wrong.
      location.assign((link.dataset.way ? link.closest("details.file").querySelector("[data-wider]") : link).href);
    } finally {
      link.ariaBusy = "false";
    }
  });
  for (const bar of root.querySelectorAll("[data-fold]")) bar.hidden = false;
  root.addEventListener("click", (event) => {
    const way = event.target.closest("[data-fold-all]")?.dataset.foldAll;
    if (way) for (const file of root.querySelectorAll("details.file")) file.open = way === "open";
  });
}
