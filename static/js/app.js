/* What the pages do beyond HTML: each part is switched on by a data- attribute and the page works without it.
   No words live here: they come from the page, in the reader's language. */

const doc = document.documentElement;
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const meta = (name) => $(`meta[name="${name}"]`)?.content ?? "";

/** A store of the browser that never throws: private windows and full disks refuse it. */
const shelf = (place) => ({
  get(key) { try { return window[place].getItem(key); } catch { return null; } },
  set(key, value) { try { window[place].setItem(key, value); } catch { /* the page works without */ } },
  drop(key) { try { window[place].removeItem(key); } catch { /* nothing kept, nothing to forget */ } },
  keys() { try { return Object.keys(window[place]); } catch { return []; } },
});
const store = shelf("localStorage");
const tab = shelf("sessionStorage");

const csrfToken = () => meta("csrf-token") || $('input[name="csrf_token"]')?.value || "";

/** A short line above the bottom bar that screen readers hear. */
function say(text) {
  const line = document.createElement("p");
  line.className = "pop-note";
  line.setAttribute("role", "status");
  document.body.append(line);
  requestAnimationFrame(() => { line.textContent = text; });
  setTimeout(() => line.remove(), 4000);
}

/* ---- theme ------------------------------------------------------------------------------------------------------- */

function theme(button) {
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (doc.dataset.theme ? doc.dataset.theme === "dark" : prefersDark.matches);
  const label = () => { button.textContent = isDark() ? button.dataset.light : button.dataset.dark; };
  button.addEventListener("click", () => {
    doc.dataset.theme = isDark() ? "light" : "dark";
    store.set("theme", doc.dataset.theme);
    label();
  });
  prefersDark.addEventListener("change", label);
  label();
}

/* ---- photos ------------------------------------------------------------------------------------------------------ */

const LONGEST_SIDE = 4096;
const SMALL_ENOUGH = 1_500_000;

/** A picture beyond 4096 px is made smaller here, so that a phone's 50 MP shot goes through a weak network. */
async function shrink(file) {
  if (file.size < SMALL_ENOUGH || !("createImageBitmap" in window)) return file;
  try {
    const bitmap = await createImageBitmap(file);
    const scale = LONGEST_SIDE / Math.max(bitmap.width, bitmap.height);
    if (scale >= 1) { bitmap.close(); return file; }
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.9); });
    return blob ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file; /* a format this browser cannot open (HEIC): the server can */
  }
}

/** Send one file; resolves to the stored photo, rejects with the server's words or "". */
function send(url, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("photo", file, file.name || "photo.jpg");
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.timeout = 120_000;
    request.upload.addEventListener("progress", (event) => event.lengthComputable && onProgress((100 * event.loaded) / event.total));
    request.addEventListener("load", () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* not JSON: treated as a failure below */ }
      if (request.status >= 200 && request.status < 300 && answer.key) resolve(answer);
      else reject(new Error(Object.values(answer.errors ?? {})[0] || answer.detail || ""));
    });
    for (const name of ["error", "timeout", "abort"]) request.addEventListener(name, () => reject(new Error("")));
    request.send(body);
  });
}

function uploader(box) {
  const form = box.closest("form");
  const status = $("[data-upload-status]", box.parentElement);
  const template = $("template", box);
  const max = Number(box.dataset.max);
  let queue = Promise.resolve();
  let pending = 0;
  let submitter = null;

  const tiles = () => $$("[data-photo]", box);
  const changed = () => {
    for (const add of $$(".add", box)) add.hidden = tiles().length >= max;
    form?.dispatchEvent(new Event("photos-changed"));
  };
  const remember = (tile, photo) => {
    tile.insertAdjacentHTML("beforeend", '<input type="hidden">');
    Object.assign(tile.lastElementChild, { name: box.dataset.name, value: photo.key });
    tile.dataset.url = photo.url;
  };

  async function push(tile, file) {
    const bar = $("progress", tile);
    const again = $("[data-again]", tile);
    tile.className = "sending";
    bar.hidden = false;
    again.hidden = true;
    try {
      const photo = await send(box.dataset.upload, await shrink(file), (percent) => { bar.value = percent; });
      if (!tile.isConnected) return;
      photo.url = photo.url_320;
      remember(tile, photo);
      $("img", tile).src = photo.url;
      tile.className = "";
      status.textContent = status.dataset.sent;
    } catch (error) {
      tile.className = "failed";
      again.hidden = false;
      again.onclick = () => enqueue(tile, file);
      if (error.message) $("[data-why]", tile).textContent = error.message;
      status.textContent = error.message || status.dataset.lost;
    }
    bar.hidden = true;
    changed();
  }

  function enqueue(tile, file) {
    pending += 1;
    queue = queue.then(() => push(tile, file)).finally(() => {
      pending -= 1;
      if (!pending && submitter !== null) { const by = submitter; submitter = null; form.requestSubmit(by || undefined); }
    });
  }

  function add(files) {
    const room = max - tiles().length;
    if (files.length > room) { status.textContent = status.dataset.full; say(status.dataset.full); }
    for (const file of files.slice(0, room)) {
      const tile = template.content.firstElementChild.cloneNode(true);
      $("img", tile).src = URL.createObjectURL(file);
      template.before(tile);
      enqueue(tile, file);
    }
    changed();
  }

  box.addEventListener("change", (event) => {
    if (event.target.type !== "file") return;
    add([...event.target.files]);
    event.target.value = "";
  });
  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]");
    if (!button) return;
    const tile = button.closest("[data-photo]");
    const key = $(`[name="${box.dataset.name}"]`, tile)?.value;
    if (key && !("kept" in tile.dataset)) fetch(`${box.dataset.upload}/${key}`, { method: "DELETE", headers: { "X-CSRFToken": csrfToken() } }).catch(() => { /* the daily sweep takes it */ });
    tile.remove();
    changed();
    $(".add:not([hidden]) input", box)?.focus();
  });
  form?.addEventListener("paste", (event) => {
    const images = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    if (images.length) { event.preventDefault(); add(images); }
  });
  form?.addEventListener("submit", (event) => {
    if (!pending) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    submitter = event.submitter ?? false;
    say(status.dataset.wait);
  });
  box.restore = (photos) => {
    for (const photo of photos.slice(0, max - tiles().length)) {
      const tile = template.content.firstElementChild.cloneNode(true);
      tile.className = "";
      $("img", tile).src = photo.url;
      $("progress", tile).hidden = true;
      remember(tile, photo);
      template.before(tile);
    }
    changed();
  };
  box.stored = () => tiles().map((tile) => ({
    key: $(`[name="${box.dataset.name}"]`, tile)?.value,
    url: tile.dataset.url ?? $("img", tile).getAttribute("src"),
  })).filter((photo) => photo.key);
  box.empty = () => { for (const tile of tiles()) tile.remove(); changed(); };
  changed();
}

/* ---- drafts ------------------------------------------------------------------------------------------------------ */

const WEEK = 7 * 24 * 3600 * 1000;
const draftKey = (name) => `draft:${meta("person")}:${name}`;

let forgotten = false;

function forgetDrafts() {
  forgotten = true;
  for (const place of [store, tab]) for (const key of place.keys()) if (key.startsWith("draft:")) place.drop(key);
}

/** Whether the server can be reached at all; any answer counts. */
async function reachable() {
  if (navigator.onLine === false) return false;
  try {
    await fetch("/healthz", { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout?.(6000) });
    return true;
  } catch {
    return false;
  }
}

function draft(form) {
  const key = draftKey(form.dataset.draft);
  const boxes = $$("[data-upload]", form);
  const notice = $("[data-draft-notice]", form);
  const failed = $("[data-draft-failed]", form);
  const photoNames = new Set(boxes.map((box) => box.dataset.name));
  const kept = () => [...form.elements].filter((field) => field.name && !photoNames.has(field.name)
    && !["hidden", "password", "file", "submit", "button"].includes(field.type) && !("draftSkip" in field.dataset));
  const clean = JSON.stringify(read());
  /* What must not stay on a shared device, says the form by a selector: its draft lives as long as the tab. */
  const place = () => ("draftBrief" in form.dataset && $(form.dataset.draftBrief, form) ? tab : store);
  const drop = () => { store.drop(key); tab.drop(key); };
  let timer = 0;

  function read() {
    const values = {};
    for (const field of kept()) {
      if (["checkbox", "radio"].includes(field.type)) { if (field.checked) (values[field.name] ??= []).push(field.value); } else if (field.value) (values[field.name] ??= []).push(field.value);
    }
    return { values, photos: boxes.flatMap((box) => box.stored?.() ?? []) };
  }
  function save() {
    clearTimeout(timer);
    const now = read();
    if (forgotten) return;
    drop();
    if (JSON.stringify(now) === clean && !("draftFilled" in form.dataset)) return;
    place().set(key, JSON.stringify({ at: Date.now(), ...now }));
  }
  function restore(saved) {
    const left = structuredClone(saved.values);
    for (const field of kept()) {
      const values = left[field.name] ?? [];
      if (["checkbox", "radio"].includes(field.type)) field.checked = values.includes(field.value);
      else if (values.length) field.value = values.shift();
    }
    boxes[0]?.restore?.(saved.photos ?? []);
    for (const details of $$("details", form)) if ($("input:checked", details)) details.open = true;
    /* What the page says beside the form follows, once it listens. */
    addEventListener("load", () => form.dispatchEvent(new Event("change", { bubbles: true })), { once: true });
  }

  let saved = null;
  try { saved = JSON.parse(tab.get(key) ?? store.get(key) ?? "null"); } catch { drop(); }
  if (saved && Date.now() - saved.at > WEEK) { drop(); saved = null; }
  if (saved && !("draftFilled" in form.dataset)) {
    restore(saved);
    if (notice) notice.hidden = false;
  }
  $("[data-draft-clear]", form)?.addEventListener("click", () => {
    form.reset();
    for (const box of boxes) box.empty?.();
    drop();
    notice.hidden = true;
    kept()[0]?.focus();
  });
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(save, 300); });
  form.addEventListener("photos-changed", save);
  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented) return;
    save();
    if (form.dataset.reached) { delete form.dataset.reached; return; }
    event.preventDefault();
    if (form.dataset.trying) return;
    form.dataset.trying = "1";
    event.submitter?.setAttribute("aria-busy", "true");
    const up = await reachable();
    delete form.dataset.trying;
    event.submitter?.removeAttribute("aria-busy");
    if (failed) failed.hidden = up;
    if (up) {
      form.dataset.reached = "1";
      form.requestSubmit(event.submitter?.form === form ? event.submitter : undefined);
    } else {
      failed?.scrollIntoView({ block: "center" });
    }
  });
  addEventListener("pagehide", () => { if (timer) save(); });
}

/* ---- a form is sent once ----------------------------------------------------------------------------------------- */

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.matches("[data-hx-post], [data-again-ok]")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  event.submitter?.setAttribute("aria-busy", "true");
  if ("forgetDrafts" in form.dataset) forgetDrafts();
});
addEventListener("pageshow", () => {
  for (const form of $$("form[data-sent]")) delete form.dataset.sent;
  for (const button of $$('[aria-busy="true"]')) button.removeAttribute("aria-busy");
});

/* ---- keys for desks ---------------------------------------------------------------------------------------------- */

const TEXT_FIELDS = 'textarea, select, [contenteditable], input:not([type="radio"], [type="checkbox"], [type="button"], [type="submit"], [type="file"])';

function pressed(target) {
  if (target.matches('input[type="radio"], input[type="checkbox"], input[type="file"], a, button, summary')) target.click();
  const next = target.closest("[data-key-focus]")?.dataset.keyFocus;
  if (next) $(next)?.focus();
  else if (!target.matches('input[type="file"], a, button')) target.focus();
}

function moveRow(step) {
  const rows = $$("[data-row]").filter((row) => row.offsetParent);
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  if (!row) return;
  ($("a, button", row) ?? row).focus();
  row.scrollIntoView({ block: "nearest" });
}

function keyHelp(bar) {
  const dialog = document.createElement("dialog");
  dialog.className = "keys-dialog";
  dialog.innerHTML = '<h2></h2><dl class="keylist"></dl><label class="check"><input type="checkbox"><span></span></label><form method="dialog" class="acts-row"><button class="btn" autofocus></button></form>';
  $("h2", dialog).textContent = bar.dataset.keysTitle;
  dialog.setAttribute("aria-label", bar.dataset.keysTitle);
  $("button", dialog).textContent = bar.dataset.keysClose;
  $("label span", dialog).textContent = bar.dataset.keysOff;
  const off = $("label input", dialog);
  off.checked = store.get("keys") === "off";
  off.addEventListener("change", () => { if (off.checked) store.set("keys", "off"); else store.drop("keys"); });
  const rows = [...JSON.parse(bar.dataset.words), ...$$("[data-key]").map((target) => [
    target.dataset.key,
    target.dataset.keyLabel ?? (target.closest("label") ?? target).innerText.replace(/\s*\S$/u, (end) => (end.trim() === target.dataset.key ? "" : end)).trim(),
  ])];
  for (const [keys, label] of rows) {
    const dt = document.createElement("dt");
    for (const key of keys.split(" ")) dt.append(Object.assign(document.createElement("kbd"), { textContent: key }), " ");
    $("dl", dialog).append(dt, Object.assign(document.createElement("dd"), { textContent: label }));
  }
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function keys(bar) {
  $("[data-keys-open]", bar)?.addEventListener("click", () => keyHelp(bar));
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.isComposing || event.altKey || $("dialog[open]")) return;
    if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = target.form ?? $("form[data-key-submit]");
      if (form) { event.preventDefault(); form.requestSubmit(); }
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    if (target.matches(TEXT_FIELDS)) { if (key === "Escape") target.blur(); return; }
    if (store.get("keys") === "off" && key !== "?") return;
    if (key === "?") keyHelp(bar);
    else if (key === "/") $("[data-key-search]")?.focus();
    else if (key === "j" || key === "k") moveRow(key === "j" ? 1 : -1);
    else {
      const found = /^[\w]$/.test(key) && $$(`[data-key="${key.toLowerCase()}"]`).find((item) => !item.disabled);
      if (!found) return;
      pressed(found);
    }
    event.preventDefault();
  });
}

/* ---- small things ------------------------------------------------------------------------------------------------ */

/** Six boxes drawn from one field, so that typing, pasting and screen readers meet an ordinary input. */
function code(box) {
  const input = $("input", box);
  const cells = document.createElement("div");
  cells.className = "code";
  cells.setAttribute("aria-hidden", "true");
  for (let n = 0; n < 6; n += 1) cells.append(document.createElement("span"));
  box.classList.add("code-in");
  box.classList.toggle("bad", "bad" in box.dataset);
  box.prepend(cells);
  const draw = () => {
    const digits = input.value.normalize("NFKC").replace(/\D/g, "").slice(0, 6);
    if (input.value !== digits) input.value = digits;
    [...cells.children].forEach((cell, n) => {
      cell.textContent = digits[n] ?? "";
      cell.classList.toggle("on", n === digits.length && document.activeElement === input);
    });
    cells.classList.toggle("ok", digits.length === 6 && !("bad" in box.dataset));
  };
  for (const name of ["input", "focus", "blur"]) input.addEventListener(name, draw);
  input.addEventListener("input", () => {
    box.classList.remove("bad");
    delete box.dataset.bad;
    draw();
    if (input.value.length === 6 && "codeSubmit" in box.dataset) input.form?.requestSubmit();
  });
  draw();
}

const STEPS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000]];

function tellTimes() {
  const format = new Intl.RelativeTimeFormat(doc.lang, { numeric: "always" });
  for (const time of $$("time[data-rel]")) {
    const past = Date.parse(time.dateTime) - Date.now();
    const [unit, size] = STEPS.find(([, length]) => Math.abs(past) >= length) ?? [];
    if (unit && unit !== "day") time.firstChild.data = format.format(Math.trunc(past / size), unit).replace(/^(\d+)(?=\p{Script=Han})/u, "$1 ");
  }
}

function share(button) {
  button.addEventListener("click", async () => {
    const url = button.dataset.shareUrl || location.href;
    try {
      if (navigator.share) { await navigator.share({ title: button.dataset.share, url }); return; }
      await navigator.clipboard.writeText(url);
      say(button.dataset.copied);
    } catch (error) {
      if (error.name !== "AbortError") say(url);
    }
  });
}

function copy(button) {
  button.addEventListener("click", async () => {
    try { await navigator.clipboard.writeText(button.dataset.copy); say(button.dataset.copied); } catch { say(button.dataset.copy); }
  });
}

/** Ticks that stay on this device; a new version of the list begins without. */
function ticks(list) {
  const key = `ticks:${list.dataset.ticks}`;
  const boxes = $$('input[type="checkbox"]', list);
  const kept = (store.get(key) ?? "").split(" ");
  const count = () => { $("[data-ticked]", list).textContent = boxes.filter((box) => box.checked).length; };
  boxes.forEach((box, n) => { box.checked = kept.includes(String(n)); });
  list.addEventListener("change", () => {
    const ticked = boxes.flatMap((box, n) => (box.checked ? [n] : []));
    if (ticked.length) store.set(key, ticked.join(" ")); else store.drop(key);
    count();
  });
  count();
}

function menu(details) {
  document.addEventListener("click", (event) => { if (!details.contains(event.target)) details.open = false; });
  details.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && details.open) { details.open = false; $("summary", details).focus(); }
  });
}

/** A link to a group of radios brings the focus to the first of them. */
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#f-"]');
  const target = link && document.getElementById(link.hash.slice(1));
  if (!target) return;
  event.preventDefault();
  (target.matches("input, select, textarea") ? target : $("input:not([type=hidden]), textarea, select", target) ?? target).focus();
  target.scrollIntoView({ block: "center" });
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.activeElement?.matches("time.rel")) document.activeElement.blur();
});

/* ---- start, and again for what htmx brings ----------------------------------------------------------------------- */

const PARTS = [
  ["[data-theme-toggle]", theme], ["[data-upload]", uploader], ["form[data-draft]", draft], ["[data-keys]", keys],
  ["[data-code]", code], ["[data-share]", share], ["[data-copy]", copy], ["[data-menu]", menu], ["[data-ticks]", ticks],
  ["[data-back]", (button) => button.addEventListener("click", () => history.back())],
  ["[data-print]", (button) => button.addEventListener("click", () => print())],
  ["[data-focus]", (element) => element.focus()],
  [".topbar nav > [aria-current], .tabs > [aria-current]", (here) => { here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - 40; }],
];
const done = new WeakMap();

function start(root) {
  for (const [selector, part] of PARTS) {
    for (const element of [...(root.matches?.(selector) ? [root] : []), ...$$(selector, root)]) {
      const parts = done.get(element) ?? new Set();
      if (parts.has(part)) continue;
      done.set(element, parts.add(part));
      part(element);
    }
  }
}

/* For the editor's page, which sends pictures too. */
window.photos = { send, shrink };

if (meta("draft-done")) for (const place of [store, tab]) place.drop(draftKey(meta("draft-done")));
start(document);
tellTimes();
setInterval(tellTimes, 60_000);
document.addEventListener("htmx:load", (event) => start(event.detail.elt));
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrfToken();
});
for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => say(document.body.dataset.offline));
