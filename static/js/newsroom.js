/* What only the newsroom's pages do beyond HTML; each works by hand too. */

/* ---- the places of an issue in their order ------------------------------------------------------------------------ */

/* Dragged with the mouse, moved by Alt with an arrow, or by the buttons: the list changes at once and is sent whole; when
   somebody else has changed the plan meanwhile, the answer says so and nothing is lost but the order. */
for (const list of document.querySelectorAll("[data-order]")) {
  const form = document.querySelector(list.dataset.order);
  const status = document.querySelector("[data-order-status]");
  const rows = () => [...list.children];
  let held = null, timer = 0, sending = Promise.resolve();

  const say = (text) => { status.textContent = text; };
  const place = (row) => status.dataset.at.replace("{at}", rows().indexOf(row) + 1).replace("{all}", rows().length);

  function number() {
    rows().forEach((row, at, all) => {
      row.querySelector(".at").textContent = at + 1;
      row.querySelector('[name="up"]').disabled = at === 0;
      row.querySelector('[name="down"]').disabled = at === all.length - 1;
    });
  }

  async function send() {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) return say(status.dataset.kept);
    const why = answer ? (await answer.json().catch(() => ({}))).detail : document.body.dataset.offline;
    say(why ?? status.dataset.lost);
    status.classList.remove("vh");
    status.classList.add("notice", "notice-late");
  }

  /* Several moves in a row are one order; one order is sent after the other. */
  function moved(row) {
    number();
    say(place(row));
    clearTimeout(timer);
    timer = setTimeout(() => { timer = 0; sending = sending.then(send); }, 600);
  }

  function move(row, step, focus) {
    const beside = step < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!beside) return;
    if (step < 0) beside.before(row); else beside.after(row);
    moved(row);
    (focus && !focus.disabled ? focus : row).focus();
    row.scrollIntoView({ block: "nearest" });
  }

  list.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!event.altKey || !step || event.target.matches("select")) return;
    event.preventDefault();
    move(event.target.closest("[data-slot]"), step, event.target);
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest('button[name="up"], button[name="down"]');
    if (!button) return;
    event.preventDefault();
    move(button.closest("[data-slot]"), button.name === "up" ? -1 : 1, button);
  });

  const over = (event) => event.target.closest?.("[data-slot]");
  const above = (event, row) => event.clientY < row.getBoundingClientRect().top + row.offsetHeight / 2;
  const clear = () => rows().forEach((row) => row.classList.remove("held", "over", "under"));
  list.addEventListener("dragstart", (event) => {
    if (!event.target.matches?.("[data-slot]")) return; // a link or a picked word is dragged as ever
    held = event.target;
    held.classList.add("held");
    event.dataTransfer.effectAllowed = "move";
  });
  list.addEventListener("dragover", (event) => {
    const row = over(event);
    if (!held || !row) return;
    event.preventDefault();
    for (const each of rows()) {
      each.classList.toggle("over", each === row && row !== held && above(event, row));
      each.classList.toggle("under", each === row && row !== held && !above(event, row));
    }
  });
  list.addEventListener("dragend", () => { held = null; clear(); });
  list.addEventListener("drop", (event) => {
    const row = over(event);
    if (!held || !row || row === held) return;
    event.preventDefault();
    if (above(event, row)) row.before(held); else row.after(held);
    moved(held);
  });

  /* Typing in a row is not dragging it. */
  for (const type of ["focusin", "focusout"]) {
    list.addEventListener(type, (event) => {
      if (event.target.matches("input, textarea, select")) event.target.closest("[data-slot]").draggable = type === "focusout";
    });
  }

  /* Any other form of the page would bring the old order back to the eye. */
  document.addEventListener("submit", (event) => {
    if (!timer || event.target === form) return;
    event.preventDefault();
    clearTimeout(timer);
    timer = 0;
    sending.then(send).then(() => event.target.requestSubmit(event.submitter));
  }, true);
  addEventListener("pagehide", () => {
    if (timer) navigator.sendBeacon(form.action, new FormData(form));
  });
}
