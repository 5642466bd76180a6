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

/* Rules in their order: Alt with an arrow, or the mouse, moves what the buttons move too; the page comes back with the
   focus on what was moved (its #address). */
for (const list of document.querySelectorAll("[data-ranks]")) {
  let held = null;
  const rank = (event) => event.target.closest?.("[data-rank]");
  list.addEventListener("keydown", (event) => {
    const way = { ArrowUp: "up", ArrowDown: "down", Home: "top" }[event.key];
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

/* One of the likeliest departments, or another one from the list: choosing one takes back the other. */
document.addEventListener("change", ({ target }) => {
  const form = target.form;
  if (target.name === "department" && form?.elements.other) form.elements.other.value = "";
  if (target.name === "other" && target.value) for (const radio of form.querySelectorAll('[name="department"]')) radio.checked = false;
});

/* ---- the officers' desk ------------------------------------------------------------------------------------------ */

const wide = matchMedia("(min-width: 900px)");

/** A case is opened beside the list where there is room; elsewhere its link leads to its page. */
function openBeside(link) {
  for (const row of document.querySelectorAll("[data-row][aria-selected]")) row.removeAttribute("aria-selected");
  link.closest("[data-row]").setAttribute("aria-selected", "true");
  return htmx.ajax("GET", link.href, { target: link.dataset.case, swap: "innerHTML" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-case]");
  if (!link || !wide.matches || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openBeside(link).then(() => {
    history.pushState({}, "", link.href);
    document.querySelector(link.dataset.case).scrollTop = 0;
  });
});
addEventListener("popstate", () => { if (document.querySelector("a[data-case]")) location.reload(); });

const first = document.querySelector("[data-case-first]") && document.querySelector("a[data-case]");
if (first && wide.matches) openBeside(first);
document.querySelector("[data-row][aria-selected]")?.scrollIntoView({ block: "nearest" });

/** A template, or a colleague's name, goes in where one was writing. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (!button) return;
  const field = document.querySelector(button.dataset.into);
  field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  button.closest("details")?.removeAttribute("open");
  field.focus();
});

/* x takes the row one is on into the choice for several at once. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.matches("textarea, select, input:not([type=checkbox])") || document.querySelector("dialog[open]")) return;
  try { if (localStorage.getItem("keys") === "off") return; } catch { /* then single keys are on */ }
  event.target.closest("[data-row]")?.querySelector('input[type="checkbox"]')?.click();
});
