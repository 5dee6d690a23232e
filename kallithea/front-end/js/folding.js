// A link into a folded part opens it; menus close when one clicks elsewhere or presses Escape.

export function openWhatIsLinked(root) {
  const reveal = () => {
    const target = location.hash.length > 1 && root.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = target && target.closest("details:not([open])");
    if (!folded) return;
    folded.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  const closeMenus = (except) => {
    for (const menu of root.querySelectorAll("details.chooser[open]")) if (menu !== except) menu.open = false;
  };
  root.addEventListener("click", (event) => closeMenus(event.target.closest("details.chooser")));
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = root.activeElement.closest("details.chooser[open]");
    closeMenus(null);
    menu?.querySelector("summary").focus();
  });
}
