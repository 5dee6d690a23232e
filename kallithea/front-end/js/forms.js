// What does its work as soon as it is chosen needs no button beside it.

export function submitOnChange(root) {
  for (const box of root.querySelectorAll("select[data-submit], input[data-submit]")) {
    box.addEventListener("change", () => box.form.requestSubmit());
    for (const button of box.form.querySelectorAll("[data-without-script]")) button.hidden = true;
  }
}
