// Long lines: cut into several by choice, which is remembered here.

const STORED = "kallithea-wrap";

export function offerWrapping(root) {
  const table = root.querySelector("table[data-lines]");
  const button = root.querySelector("[data-wrap]");
  if (!table || !button) return;

  const show = (on) => {
    table.classList.toggle("wrapped", on);
    button.setAttribute("aria-pressed", String(on));
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const on = !table.classList.contains("wrapped");
    show(on);
    try {
      localStorage.setItem(STORED, on ? "on" : "off");
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  });
  try {
    show(localStorage.getItem(STORED) === "on");
  } catch {
    show(false);
  }
}
