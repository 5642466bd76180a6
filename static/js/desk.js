/* What only the desks' pages do beyond HTML; both work by hand too. */

/* Labels and receipts opened with ?print=1 go to the printer at once. */
if (document.querySelector("[data-print-now]")) {
  if (document.readyState === "complete") print();
  else addEventListener("load", () => print(), { once: true });
}

/* A note beside a content ticks the content. */
document.addEventListener("input", (event) => {
  const line = event.target.closest("[data-line]");
  const box = line?.querySelector('input[type="checkbox"]');
  if (!box || event.target === box || box.checked || !event.target.value.trim()) return;
  box.checked = true;
  box.dispatchEvent(new Event("change", { bubbles: true }));
});

/* A code that did not fit is typed over, not added to. */
document.querySelector("[data-code][data-bad] input")?.select();

/* Rules in their order: Alt with an arrow, or the mouse, moves what the buttons move too. */
for (const list of document.querySelectorAll("[data-ranks]")) {
  let held = null;
  const rank = (event) => event.target.closest?.("[data-rank]");
  list.addEventListener("keydown", (event) => {
    const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    const button = event.altKey && way && rank(event)?.querySelector(`[data-move="${way}"] button:enabled`);
    if (!button) return;
    event.preventDefault();
    button.click();
  });
  list.addEventListener("dragstart", (event) => { held = rank(event); });
  list.addEventListener("dragover", (event) => {
    const over = rank(event);
    if (!held || !over) return;
    event.preventDefault();
    for (const row of list.children) row.classList.toggle("over", row === over && row !== held);
  });
  list.addEventListener("dragend", () => { held = null; for (const row of list.children) row.classList.remove("over"); });
  list.addEventListener("drop", (event) => {
    const over = rank(event);
    if (!held || !over || over === held) return;
    event.preventDefault();
    const button = held.querySelector("[data-move] button:enabled");
    button.value = over.dataset.rank;
    button.click();
  });
}

/* After a move the focus stays with what was moved, so that it can be moved on. */
document.querySelector("[data-moved] a, [data-moved] button")?.focus();

/* One of the likeliest departments, or another one from the list: choosing one takes back the other. */
document.addEventListener("change", ({ target }) => {
  const form = target.form;
  if (target.name === "department" && form?.elements.other) form.elements.other.value = "";
  if (target.name === "other" && target.value) for (const radio of form.querySelectorAll('[name="department"]')) radio.checked = false;
});
