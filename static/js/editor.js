/* The editor: saves by itself, keeps a copy on this device, joins what others wrote, and shows both texts where it cannot. The plain
   text field is the truth; Vditor is a view of it. No words live here: they come from the page. */

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const form = $("[data-editor]");
const words = JSON.parse(form.dataset.words);
const conf = JSON.parse(form.dataset.vditor);
const field = (name) => form.elements[name];
const body = field("body");
const said = $("[data-said]");
const here = form.getAttribute("action");
const csrf = $('meta[name="csrf-token"]').content;
const FIELDS = ["section", "title", "lede", "byline", "body", "starts_at", "ends_at", "place", "organiser"];
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

const local = {
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, value); } catch { /* a full disk: the server has it soon */ } },
  drop(key) { try { localStorage.removeItem(key); } catch { /* nothing kept */ } },
};
/* Signing out forgets whatever begins with "draft:" (app.js). */
const COPY = `draft:${$('meta[name="person"]')?.content}:article-${form.dataset.article}`;

let rich = null; // Vditor, while it is shown
let base = Number(field("base").value);
let saved = "unsaved" in form.dataset ? {} : read(); // what the server has, as this window knows
let composing = false; // an input method is at work: nothing may change under it
let over = false; // the article cannot be written any more
let choosing = false; // both texts are on the table

/* ---- the text ------------------------------------------------------------------------------------------------------ */

function read() {
  rich?.sync();
  return Object.fromEntries(FIELDS.map((name) => [name, field(name).value.replace(/\r\n?/g, "\n")]));
}
const same = (a, b) => FIELDS.every((name) => a[name] === b[name]);

function write(values) {
  for (const name of FIELDS) {
    if (name !== "body" && field(name).value !== values[name]) field(name).value = values[name];
  }
  if (body.value !== values.body) setBody(values.body);
}

/** Another body under the caret, which stays where it was as far as the text before it is the same. */
function setBody(text) {
  const before = body.value;
  const [start, end] = [body.selectionStart, body.selectionEnd];
  const kept = (at) => {
    if (before.slice(0, at) === text.slice(0, at)) return at;
    const rest = before.slice(at);
    return text.endsWith(rest) ? text.length - rest.length : Math.min(at, text.length);
  };
  body.value = text;
  if (document.activeElement === body) body.setSelectionRange(kept(start), kept(end));
  rich?.load(text);
}

function tell(key, values = {}, tone = "") {
  said.textContent = fill(words[key] ?? key, values);
  said.className = `small soft${tone ? ` is-${tone}` : ""}`;
}

/* ---- saving -------------------------------------------------------------------------------------------------------- */

const PAUSE = 2500; // after the last key
const LONGEST = 8000; // while somebody types on and on
const AGAIN = 5000; // without a network
let timer = 0;
let waitingSince = 0;
let running = null;

async function post(path, values, options = {}) {
  return fetch(here + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf },
    body: JSON.stringify(values),
    signal: AbortSignal.timeout?.(20_000),
    ...options,
  });
}

function keep() {
  const now = read();
  if (same(now, saved)) local.drop(COPY);
  else local.set(COPY, JSON.stringify({ base, values: now, at: Date.now() }));
}

function changed() {
  if (over) { keep(); return; }
  keep();
  if (same(read(), saved)) return;
  if (!said.classList.contains("is-wait")) tell("typing");
  waitingSince ||= Date.now();
  clearTimeout(timer);
  timer = setTimeout(save, Math.max(0, Math.min(PAUSE, waitingSince + LONGEST - Date.now())));
  hintsSoon();
}

/** Send what is typed; resolves to whether the server has everything. `force` asks even when nothing was typed. */
function save({ byHand = false, force = false } = {}) {
  clearTimeout(timer);
  if (over || choosing) return Promise.resolve(false);
  running = (running ?? Promise.resolve()).then(() => push(byHand, force));
  return running;
}

async function push(byHand, force) {
  if (over || choosing) return false;
  await composed();
  const sent = read();
  if (same(sent, saved) && !force && !byHand) return true;
  waitingSince = 0;
  tell("saving");
  let response;
  try {
    response = await post("", { ...sent, base, by_hand: byHand, window: form.dataset.window });
  } catch {
    return failed("offline");
  }
  if (response.status === 401 || response.redirected) return failed("signed_out", 30_000);
  const answer = await response.json().catch(() => null);
  if (response.status === 422) {
    tell(Object.values(answer?.errors ?? {})[0] ?? answer?.detail ?? "failed", {}, "late");
    keep();
    return false;
  }
  if (!response.ok || !answer) return failed("failed");
  await composed();
  return took(answer, sent);
}

function failed(key, again = AGAIN) {
  keep();
  tell(key, {}, "wait");
  clearTimeout(timer);
  timer = setTimeout(save, again);
  return false;
}

async function took(answer, sent) {
  if (answer.state === "late") {
    over = true;
    local.drop(COPY); // it lies among the revisions
    tell("late", { n: answer.number }, "late");
    return false;
  }
  if (answer.state === "aside") {
    keep();
    choose(answer, sent);
    return false;
  }
  const now = read();
  if (answer.state === "merged") {
    const joined = same(now, sent) ? answer.text : rebased(sent, answer.text, now);
    if (!joined) { timer = setTimeout(save, 0); return false; } // sent again from the old base: then both are shown
    write(joined);
    saved = { ...answer.text };
  } else {
    saved = sent;
  }
  base = answer.newest;
  field("base").value = base;
  showPen(answer.pen);
  keep();
  tell(answer.state, { at: answer.at });
  if (!same(read(), saved)) changed();
  else hintsSoon();
  return same(read(), saved);
}

/** What was typed while the answer was on its way, put into the joined text; null where it cannot be told where. */
function rebased(sent, theirs, now) {
  const joined = {};
  for (const name of FIELDS) {
    if (now[name] === sent[name]) joined[name] = theirs[name];
    else if (theirs[name] === sent[name]) joined[name] = now[name];
    else if (name !== "body") return null;
    else {
      const text = movedInto(sent.body.split("\n"), theirs.body.split("\n"), now.body.split("\n"));
      if (!text) return null;
      joined.body = text.join("\n");
    }
  }
  return joined;
}

function movedInto(sent, theirs, now) {
  let head = 0;
  while (head < sent.length && head < now.length && sent[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < sent.length - head && tail < now.length - head && sent.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const from = Math.max(0, head - 2);
  const to = Math.min(sent.length, sent.length - tail + 2);
  const piece = sent.slice(from, to).join("\n");
  const places = theirs.flatMap((line, at) => (theirs.slice(at, at + to - from).join("\n") === piece ? [at] : []));
  if (places.length !== 1) return null;
  const [at] = places;
  return [...theirs.slice(0, at), ...now.slice(from, now.length - (sent.length - to)), ...theirs.slice(at + to - from)];
}

const composed = async () => { while (composing) await new Promise((done) => { form.addEventListener("compositionend", () => setTimeout(done, 0), { once: true }); }); };
form.addEventListener("compositionstart", () => { composing = true; });
form.addEventListener("compositionend", () => { composing = false; });
form.addEventListener("input", (event) => { if (!event.target.closest("[data-rich]")) changed(); });
form.addEventListener("change", (event) => { if (event.target.name) changed(); });
addEventListener("online", () => { if (!same(read(), saved)) save(); });
addEventListener("pagehide", () => {
  keep();
  post("/pen", { window: form.dataset.window, leave: true }, { keepalive: true }).catch(() => {});
});
addEventListener("beforeunload", (event) => { if (!over && !leaving && !same(read(), saved)) { save(); event.preventDefault(); } });

/* ---- buttons that send the form ------------------------------------------------------------------------------------ */

let leaving = false;

form.addEventListener("submit", async (event) => {
  if (leaving) return;
  event.preventDefault();
  const button = event.submitter;
  if (button?.matches("[data-preview]")) { preview(); return; }
  if (!button?.matches("[data-submit]")) { save({ byHand: true }); return; }
  button.setAttribute("aria-busy", "true");
  await save({ byHand: true });
  button.removeAttribute("aria-busy");
  if (choosing || over || !same(read(), saved)) return;
  leaving = true;
  form.requestSubmit(button);
});
/* Other forms of the page load it anew: first what is typed goes out, or is kept here. */
document.addEventListener("submit", async (event) => {
  const other = event.target;
  if (!other.matches("[data-flush]") || other.dataset.flushed) return;
  event.preventDefault();
  event.stopPropagation();
  if (!same(read(), saved)) await save();
  keep();
  if (choosing) return;
  leaving = true;
  other.dataset.flushed = "1";
  other.requestSubmit(event.submitter ?? undefined);
}, true);
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") { event.preventDefault(); save({ byHand: true }); }
});

/* ---- both texts on the table --------------------------------------------------------------------------------------- */

function option(name, value, label, text, checked) {
  const made = document.createElement("label");
  made.innerHTML = '<b><input type="radio"> <span></span></b>';
  Object.assign($("input", made), { name, value, checked });
  $("span", made).textContent = label;
  if (text !== null) {
    const pre = document.createElement("pre");
    pre.textContent = text.replace(/^\n+|\n+$/g, "") || words.empty;
    made.append(pre);
  }
  return made;
}

function part(legend, name, theirs, mine, both) {
  const set = document.createElement("fieldset");
  set.append(Object.assign(document.createElement("legend"), { textContent: legend }));
  const sides = document.createElement("div");
  sides.className = "ed-sides";
  sides.append(option(name, "theirs", words.theirs, theirs, !both), option(name, "mine", words.mine, mine, false));
  set.append(sides);
  if (both) set.append(option(name, "both", words.both, null, true));
  return set;
}

function choose(answer, sent) {
  choosing = true;
  const dialog = $("[data-clash]");
  const { clash } = answer;
  const pieces = clash.body.filter((piece) => piece.theirs !== piece.mine);
  $("[data-clash-parts]", dialog).replaceChildren(
    ...clash.choices.map((choice) => part(choice.label, choice.name, choice.theirs, choice.mine, false)),
    ...pieces.map((piece, n) => part($('label[for="f-body"]').textContent, `piece-${n}`, piece.theirs, piece.mine, true)),
  );
  const picked = (name) => $(`input[name="${name}"]:checked`, dialog)?.value;
  dialog.oncancel = (event) => event.preventDefault();
  dialog.onclose = () => {
    const values = { ...clash.joined };
    for (const choice of clash.choices) {
      const names = choice.name === "event" ? ["starts_at", "ends_at", "place", "organiser"] : [choice.name];
      for (const name of names) values[name] = picked(choice.name) === "mine" ? sent[name] : answer.text[name];
    }
    if (pieces.length) {
      let n = 0;
      values.body = clash.body.map((piece) => {
        if (piece.theirs === piece.mine) return piece.theirs;
        const taken = picked(`piece-${n}`);
        n += 1;
        return taken === "both" ? both(piece) : piece[taken];
      }).join("");
    }
    saved = { ...answer.text };
    base = answer.newest;
    field("base").value = base;
    choosing = false;
    write(values);
    save({ byHand: true });
  };
  dialog.showModal();
}

const both = ({ theirs, mine }) => (theirs.trim() && mine.trim() ? `${theirs.replace(/\n+$/, "")}\n\n${mine}` : theirs || mine);

/* ---- the pen ------------------------------------------------------------------------------------------------------- */

const note = $("[data-pen-note]");

function showPen(pen) {
  note.hidden = pen.mine || !pen.name;
  if (!note.hidden) $("[data-pen-who]", note).textContent = fill(words.writes, pen);
}

async function takePen(anyway = false) {
  if (over || (document.hidden && !anyway)) return;
  try {
    const response = await post("/pen", { window: form.dataset.window, anyway });
    if (!response.ok) return;
    const pen = await response.json();
    showPen(pen);
    if (!["draft", "changes_requested"].includes(pen.state)) { if (same(read(), saved)) { over = true; tell("moved", {}, "late"); } else save(); return; }
    if (pen.newest > base && !running_now()) save({ force: true });
  } catch { /* without a network nobody else is heard of */ }
}
const running_now = () => said.textContent === words.saving;
$("[data-pen-take]").addEventListener("click", () => takePen(true));
setInterval(takePen, 15_000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) takePen(); });

/* ---- hints and preview --------------------------------------------------------------------------------------------- */

const hintBox = $("[data-hints]");
let hintTimer = 0;

function hintsSoon() {
  clearTimeout(hintTimer);
  hintTimer = setTimeout(async () => {
    try {
      const response = await post("/hints", read(), { headers: { "Content-Type": "application/json", "X-CSRFToken": csrf, "HX-Request": "true" } });
      if (response.ok) hintBox.innerHTML = await response.text();
    } catch { /* they come with the network */ }
  }, 1200);
}

hintBox.addEventListener("click", (event) => {
  const button = event.target.closest("[data-find]");
  if (!button) return;
  const line = Number(button.dataset.line);
  const find = button.dataset.find;
  if (!line) { field("title").focus(); return; }
  if (rich) { rich.find(find); return; }
  const start = body.value.split("\n").slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  const at = body.value.indexOf(find, start);
  body.focus();
  body.setSelectionRange(at < 0 ? start : at, at < 0 ? start : at + find.length);
  body.scrollTop = Math.max(0, (body.scrollHeight * start) / Math.max(1, body.value.length) - 120);
});

async function preview() {
  const box = $("[data-preview-box]");
  try {
    const response = await post("/preview", read(), { headers: { "Content-Type": "application/json", "X-CSRFToken": csrf, "HX-Request": "true" } });
    if (!response.ok) throw new Error(response.status);
    $("[data-preview-in]", box).innerHTML = await response.text();
    getSelection().removeAllRanges();
    box.showModal();
  } catch { tell("failed", {}, "wait"); }
}
for (const button of $$("[data-width]")) {
  button.addEventListener("click", () => {
    $("[data-preview-box]").classList.toggle("is-phone", button.dataset.width === "phone");
    for (const each of $$("[data-width]")) each.setAttribute("aria-pressed", String(each === button));
  });
}

/* ---- pictures ------------------------------------------------------------------------------------------------------ */

const picture = $("[data-picture]");
const inDialog = (name) => $(`[name="${name}"]`, picture);

/** A click on a picture says what every crop must keep. */
function focal(box) {
  const scope = box.closest("li, form");
  const [x, y] = ["focal_x", "focal_y"].map((name) => $(`[name="${name}"]`, scope));
  const mark = $(".ed-mark", box);
  const place = () => { mark.hidden = false; mark.style.left = `${x.value}%`; mark.style.top = `${y.value}%`; };
  $("img", box).addEventListener("click", (event) => {
    const at = event.target.getBoundingClientRect();
    x.value = Math.round((100 * (event.clientX - at.left)) / at.width);
    y.value = Math.round((100 * (event.clientY - at.top)) / at.height);
    place();
  });
  for (const input of [x, y]) input.addEventListener("input", place);
  place();
}

function insert(text) {
  if (rich) { rich.insert(text); return; }
  const at = body.selectionEnd;
  const before = body.value.slice(0, at);
  const gap = before && !before.endsWith("\n\n") ? (before.endsWith("\n") ? "\n" : "\n\n") : "";
  body.setRangeText(`${gap}${text}\n\n`, at, at, "end");
  body.focus();
  changed();
}

const markdownOf = (alt, id) => `![${alt.replace(/[[\]\n]/g, " ")}](image:${id})`;

async function addPicture(file) {
  const wrong = $("[data-wrong]", picture);
  const bar = $("[data-progress]", picture);
  const shown = $("[data-shown]", picture);
  const url = URL.createObjectURL(file);
  const fault = (text) => { wrong.textContent = text; wrong.hidden = !text; };
  $("form", picture).reset();
  for (const name of ["focal_x", "focal_y"]) { inDialog(name).value = 50; inDialog(name).dispatchEvent(new Event("input")); }
  fault("");
  bar.hidden = false;
  bar.value = 0;
  shown.src = url;
  let photo = null;
  const upload = async () => window.photos.send(form.dataset.upload, await window.photos.shrink(file), (percent) => { bar.value = percent; });
  let sending = upload();
  sending.catch(() => {});
  picture.showModal();
  inDialog("alt").focus();
  const done = await new Promise((resolve) => {
    picture.onclose = () => resolve(false);
    $("[data-cancel]", picture).onclick = () => picture.close();
    picture.onsubmit = (event) => { event.preventDefault(); $("[data-insert]", picture).click(); };
    $("[data-insert]", picture).onclick = async () => {
      const alt = inDialog("alt").value.trim();
      if (alt.length < 2) { fault(words.alt_short); inDialog("alt").focus(); return; }
      fault("");
      const button = $("[data-insert]", picture);
      button.setAttribute("aria-busy", "true");
      try {
        photo ??= await sending.catch(() => (sending = upload()));
        const response = await post("/images", { photo: photo.key, alt, focal_x: inDialog("focal_x").value, focal_y: inDialog("focal_y").value });
        const answer = await response.json();
        if (!response.ok) throw new Error(Object.values(answer.errors ?? {})[0] ?? answer.detail);
        resolve(answer);
      } catch (error) {
        sending = photo ? sending : upload();
        sending.catch(() => {});
        fault(error.message && !(error instanceof TypeError) ? error.message : words.upload_failed);
      }
      button.removeAttribute("aria-busy");
    };
  });
  picture.onclose = null;
  if (picture.open) picture.close();
  URL.revokeObjectURL(url);
  shown.removeAttribute("src");
  if (!done) return;
  const list = $("[data-image-list]");
  $("[data-none]", list)?.remove();
  list.insertAdjacentHTML("beforeend", done.html);
  for (const box of $$("[data-focal]", list.lastElementChild)) focal(box);
  insert(markdownOf(done.alt, done.id));
}

async function addPictures(files) {
  for (const file of files) await addPicture(file);
}
const picturesOf = (data) => [...(data?.files ?? [])].filter((file) => file.type.startsWith("image/"));

$("[data-choose]").addEventListener("change", (event) => { addPictures([...event.target.files]); event.target.value = ""; });
const bodyBox = body.closest(".field");
for (const name of ["dragover", "dragleave", "drop"]) {
  bodyBox.addEventListener(name, (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    bodyBox.classList.toggle("ed-drop", name === "dragover");
    if (name === "drop") addPictures(picturesOf(event.dataTransfer));
  }, true);
}
$("[data-image-list]").addEventListener("click", (event) => {
  const row = event.target.closest("[data-put]")?.closest("[data-image]");
  if (row) insert(markdownOf($('[name="alt"]', row).value || row.dataset.alt, row.dataset.image));
});
for (const box of $$("[data-focal]")) focal(box);

/* Word and WPS put their own HTML on the clipboard, beside a picture of the text. */
bodyBox.addEventListener("paste", async (event) => {
  const data = event.clipboardData;
  const html = data?.getData("text/html") ?? "";
  const text = data?.getData("text/plain") ?? "";
  const files = picturesOf(data);
  if (files.length && !text.trim()) {
    event.preventDefault();
    event.stopPropagation();
    addPictures(files);
    return;
  }
  if (!html || /vditor|data-block=/.test(html) || !/<(h\d|p|li|table|b|strong|em|i|a|img|o:p)\b/i.test(html)) return;
  event.preventDefault();
  event.stopPropagation();
  let clean = text;
  try {
    const response = await post("/pasted", { html });
    if (response.ok) clean = (await response.json()).body;
  } catch { /* the words alone */ }
  if (rich) rich.insert(clean);
  else { body.setRangeText(clean, body.selectionStart, body.selectionEnd, "end"); changed(); }
  if (/<img\b/i.test(html)) tell("pasted_pictures", {}, "wait");
}, true);

/* ---- instant rendering --------------------------------------------------------------------------------------------- */

const modes = $$("[data-mode]");
const holder = $("[data-rich]");

function load(tag, id, address) {
  if (document.getElementById(id)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const element = document.createElement(tag);
    element.id = id;
    element.onload = resolve;
    element.onerror = () => { element.remove(); reject(new Error(address)); };
    if (tag === "link") Object.assign(element, { rel: "stylesheet", href: address });
    else element.src = address;
    document.head.append(element);
  });
}

/* In the field a picture is image:<id>, which no browser can load; Vditor gets an address. */
const outside = (text) => text.replace(/(\]\()image:(\d+)(?=[)\s])/g, `$1${form.dataset.images}/$2`);
const inside = (text) => text.replaceAll(`](${form.dataset.images}/`, "](image:");
const trimmed = (text) => text.replace(/^\n+|\n+$/g, "");
const blocks = (text) => trimmed(text).split(/\n{2,}/);

/** Vditor writes all Markdown its own way; what was not touched stays as it was, so that others' changes still join. */
function faithful(original, normal, current) {
  if (current === normal) return original;
  const [was, began, now] = [blocks(original), blocks(normal), blocks(current)];
  if (was.length !== began.length) return current;
  let head = 0;
  while (head < began.length && head < now.length && began[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < began.length - head && tail < now.length - head && began.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  return [...was.slice(0, head), ...now.slice(head, now.length - tail), ...was.slice(was.length - tail)].join("\n\n");
}

async function openRich() {
  await Promise.all([
    load("link", "vditor-style", conf.style),
    load("script", "vditor-script", conf.script),
    load("script", "vditorLuteScript", conf.lute),
    load("script", "vditorIconScript", conf.icons),
    load("script", `vditorI18nScript${conf.lang}`, conf.words),
  ]);
  const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  let original = "";
  let normal = "";
  let loading = true;
  const read_ = () => trimmed(inside(editor.getValue()));
  const view = {
    sync() {
      if (loading || composing) return;
      const now = faithful(original, normal, read_());
      if (trimmed(now) !== trimmed(body.value)) body.value = now;
    },
    load(text) {
      const at = view.caret();
      loading = true;
      editor.setValue(outside(text), false);
      original = text;
      normal = read_();
      loading = false;
      view.caret(at);
    },
    /** Where the caret stands: the words of its block, and how far in; given back, it goes there again. */
    caret(at) {
      const root = editor.vditor.ir.element;
      const selection = getSelection();
      if (at === undefined) {
        if (!root.contains(selection.anchorNode)) return null;
        const block = [...root.children].find((child) => child.contains(selection.anchorNode));
        if (!block) return null;
        const range = document.createRange();
        range.setStart(block, 0);
        range.setEnd(selection.anchorNode, selection.anchorOffset);
        return { text: block.textContent, offset: range.toString().length };
      }
      const block = at && [...root.children].find((child) => child.textContent === at.text);
      if (!block) return null;
      const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
      let left = at.offset;
      while (walker.nextNode()) {
        const node = walker.currentNode;
        if (left <= node.data.length) { selection.collapse(node, left); root.focus({ preventScroll: true }); break; }
        left -= node.data.length;
      }
      return null;
    },
    insert(text) { editor.focus(); editor.insertValue(outside(text.includes("\n") || text.startsWith("![") ? `\n\n${text}\n\n` : text), true); view.sync(); changed(); },
    find(text) {
      const walker = document.createTreeWalker(editor.vditor.ir.element, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const at = walker.currentNode.data.indexOf(text);
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(walker.currentNode, at);
        range.setEnd(walker.currentNode, at + text.length);
        editor.focus();
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        walker.currentNode.parentElement.scrollIntoView({ block: "center" });
        return;
      }
      editor.focus();
    },
    close() { view.sync(); editor.destroy(); },
  };
  let editor;
  await new Promise((ready) => {
    editor = new window.Vditor(holder, {
      mode: "ir", value: "", cdn: conf.cdn, _lutePath: conf.lute, lang: conf.lang, i18n: window.VditorI18n, icon: "ant", theme: dark ? "dark" : "classic",
      cache: { enable: false }, minHeight: 420, undoDelay: 300, tab: "\t", typewriterMode: false, counter: { enable: false },
      toolbar: ["headings", "bold", "italic", "link", "|", "list", "ordered-list", "quote", "table", "line", "|", "undo", "redo"],
      preview: { hljs: { enable: false }, theme: { current: "", path: "" }, markdown: { autoSpace: false, fixTermTypo: false, codeBlockPreview: false, mathBlockPreview: false, toc: false, sanitize: true, gfmAutoLink: false } },
      hint: { emoji: {}, emojiPath: "" },
      input: () => { view.sync(); changed(); },
      after: ready,
    });
  });
  editor.vditor.ir.element.setAttribute("aria-label", $('label[for="f-body"]').textContent);
  editor.vditor.ir.element.setAttribute("role", "textbox");
  editor.vditor.ir.element.setAttribute("aria-multiline", "true");
  view.load(body.value);
  return view;
}

async function setMode(mode, remember = true) {
  if (remember) local.set("editor-mode", mode);
  if (mode === "rich" && !rich) {
    const before = said.textContent;
    tell("loading");
    holder.hidden = false;
    try {
      rich = await openRich();
      said.textContent = before;
    } catch {
      holder.hidden = true;
      tell("rich_failed", {}, "wait");
      mode = "plain";
    }
  } else if (mode === "plain" && rich) {
    rich.close();
    rich = null;
  }
  holder.hidden = !rich;
  body.hidden = Boolean(rich);
  for (const button of modes) button.setAttribute("aria-pressed", String(button.dataset.mode === (rich ? "rich" : "plain")));
}
for (const button of modes) button.addEventListener("click", () => setMode(button.dataset.mode));

/* ---- start --------------------------------------------------------------------------------------------------------- */

/* What this device has and the server has not: it comes back with the revision it grew from, and is joined. */
const copy = (() => { try { return JSON.parse(local.get(COPY) ?? "null"); } catch { return null; } })();
if (copy && !("unsaved" in form.dataset) && FIELDS.every((name) => typeof copy.values?.[name] === "string") && !same(copy.values, saved)) {
  base = Math.min(copy.base, base);
  write(copy.values);
  tell("restored");
  timer = setTimeout(save, 1500);
}
takePen();
const wide = matchMedia("(min-width: 900px) and (pointer: fine)").matches;
if ((local.get("editor-mode") ?? (wide ? "rich" : "plain")) === "rich") setMode("rich", false);
