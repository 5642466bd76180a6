/* What may be meant, shown while it is being typed (ARIA combobox with a listbox). Without it the form is a plain one.
   No words live here: they come from the page and from the answer. */

const WAIT = 150;
const TEXT_FIELDS = 'textarea, select, [contenteditable], input:not([type="radio"], [type="checkbox"], [type="button"], [type="submit"])';
const begun = new WeakSet();
let lists = 0;

function suggest(input) {
  const list = document.createElement("ul");
  const answers = new Map();
  let timer = 0;
  let asking = null;
  let typed = input.value;
  let at = -1;

  lists += 1;
  list.id = `suggestions-${lists}`;
  list.className = "suggest";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0]?.textContent ?? "");
  input.after(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) input.setAttribute(name, value);

  const stop = () => { clearTimeout(timer); asking?.abort(); };
  function open(shown) {
    list.hidden = !shown || !list.children.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    if (list.hidden) mark(-1);
  }
  function mark(next) {
    list.children[at]?.setAttribute("aria-selected", "false");
    at = next;
    const option = list.children[at];
    if (!option) { input.removeAttribute("aria-activedescendant"); return; }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  }
  function choose(option) {
    stop();
    open(false);
    if (option.dataset.url) { location.assign(option.dataset.url); return; }
    typed = option.dataset.text;
    input.value = typed;
    input.form.requestSubmit();
  }
  function option({ text, url, kind }, n) {
    const item = document.createElement("li");
    item.id = `${list.id}-${n}`;
    item.dataset.text = text;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.append(Object.assign(document.createElement("span"), { textContent: text }));
    /* A word is searched for here, with what this page has narrowed; a title is a page of its own. */
    if (kind) { item.dataset.url = url; item.append(Object.assign(document.createElement("small"), { textContent: kind })); }
    return item;
  }
  function show(answer) {
    mark(-1);
    list.replaceChildren(...[...answer.words, ...answer.titles].map(option));
    open(document.activeElement === input);
  }
  async function ask(q) {
    asking?.abort();
    asking = new AbortController();
    try {
      if (!answers.has(q)) {
        const address = new URL(input.dataset.suggest, location.href); /* names the kind, where a box finds only one */
        address.searchParams.set("q", q);
        const response = await fetch(address, { signal: asking.signal });
        if (!response.ok) return;
        answers.set(q, await response.json());
      }
      if (q === typed.trim()) show(answers.get(q));
    } catch { /* replaced by a newer question, or no network: the form works */ }
  }
  function changed() {
    if (input.value === typed) return;
    typed = input.value;
    stop();
    const q = typed.trim();
    if (q) timer = setTimeout(ask, WAIT, q);
    else { list.replaceChildren(); open(false); }
  }

  input.addEventListener("input", (event) => { if (!event.isComposing) changed(); });
  input.addEventListener("compositionend", changed);
  input.addEventListener("blur", () => { stop(); open(false); });
  input.form.addEventListener("submit", () => { stop(); open(false); });
  list.addEventListener("mousedown", (event) => event.preventDefault()); /* the focus stays in the box */
  list.addEventListener("click", (event) => { const chosen = event.target.closest("li"); if (chosen) choose(chosen); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.altKey || event.ctrlKey || event.metaKey) return;
    const count = list.children.length;
    if (event.key === "Escape" && !list.hidden) open(false);
    else if (event.key === "Enter" && !list.hidden && at >= 0) choose(list.children[at]);
    else if (["ArrowDown", "ArrowUp"].includes(event.key) && count) {
      open(true);
      mark(((at + (event.key === "ArrowDown" ? 2 : 0) + count + 1) % (count + 1)) - 1); /* beyond either end: the box itself */
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.defaultPrevented || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target.matches(TEXT_FIELDS) || document.querySelector("dialog[open]")) return;
  try { if (localStorage.getItem("keys") === "off") return; } catch { /* not switched off */ }
  const box = document.querySelector("[data-suggest]");
  if (!box) return;
  event.preventDefault();
  box.focus();
});

const start = () => {
  for (const input of document.querySelectorAll("[data-suggest]")) if (!begun.has(input)) { begun.add(input); suggest(input); }
};
start();
document.addEventListener("htmx:load", start);
