// On a narrow screen the row of tabs scrolls; the current one shall be seen.

export function showCurrentTab(root) {
  for (const tab of root.querySelectorAll(".tabs [aria-current]")) {
    const row = tab.parentElement;
    row.scrollLeft = Math.max(0, tab.offsetLeft + tab.offsetWidth - row.clientWidth);
  }
}
