// Finds files while one types, among all paths of the revision, which are fetched at the first letter. services/finding.py does
// the same.

const MOST = 100;

export function matching(nodes, wanted, most = MOST) {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return nodes.slice(0, most);
  const letters = [...words.join("")];
  const found = [];
  for (const node of nodes) {
    const rank = rankOf(node.lower, words, letters);
    if (rank < 3) found.push({ node, rank });
  }
  found.sort((a, b) => a.rank - b.rank || a.node.lower.length - b.node.lower.length || (a.node.name < b.node.name ? -1 : 1));
  return found.slice(0, most).map(({ node }) => node);
}

function rankOf(path, words, letters) {
  if (words.every((word) => path.includes(word))) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    return words.every((word) => name.includes(word)) ? 0 : 1;
  }
  let at = -1;
  for (const letter of letters) {
    at = path.indexOf(letter, at + 1);
    if (at < 0) return 3;
  }
  return 2;
}

export function findFiles(root) {
  const box = root.querySelector("[data-find]");
  if (!box) return;
  for (const button of box.form.querySelectorAll("[data-without-script]")) button.hidden = true;
  const list = root.querySelector("[data-found]");
  const none = root.querySelector("[data-found-none]");
  const count = root.querySelector("[data-found-count]");
  const address = (node) => {
    if (node.raw_path) return `${box.dataset.files}?raw_path=${node.raw_path}`;
    return `${box.dataset.files}/${node.name.split("/").map(encodeURIComponent).join("/")}`;
  };
  let nodes;

  const show = () => {
    if (!nodes) return;
    const found = matching(nodes, box.value);
    const items = found.map((node) => {
      const item = root.createElement("li");
      const link = item.appendChild(root.createElement("a"));
      link.href = address(node);
      link.textContent = node.name;
      return item;
    });
    list.querySelector("ul").replaceChildren(...items);
    list.hidden = !found.length;
    none.hidden = found.length > 0;
    count.textContent = `${found.length.toLocaleString("en")} of ${nodes.length.toLocaleString("en")} files`;
  };
  const fetchAll = async () => {
    const answer = await fetch(box.dataset.find);
    if (!answer.ok) return;
    nodes = (await answer.json()).nodes.map((node) => ({ ...node, lower: node.name.toLowerCase() }));
    show();
  };

  let fetching;
  box.addEventListener("input", () => {
    // Without an answer the form asks the server instead.
    fetching ??= fetchAll().catch(() => {});
    show();
  });
  box.form.addEventListener("submit", (event) => {
    const first = list.querySelector("a");
    if (!nodes || !first || list.hidden) return;
    event.preventDefault();
    first.click();
  });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && list.contains(root.activeElement)) return void box.focus();
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [box, ...list.querySelectorAll("a")];
    const at = stops.indexOf(root.activeElement);
    if (at < 0) return;
    event.preventDefault();
    stops[Math.min(stops.length - 1, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1)))].focus();
  });
}
