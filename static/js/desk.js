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
