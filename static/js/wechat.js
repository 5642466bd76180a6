/* Copying for WeChat's editor: as rich text where the browser allows it, else by the old way, else by hand. */

const status = document.querySelector("[data-copy-status]");
const say = (text) => { status.textContent = text; };

/* The old way: a "copy" event whose data we write ourselves. */
function copyOldWay(html, plain) {
  let done = false;
  const write = (event) => {
    event.clipboardData.setData("text/plain", plain);
    if (html) event.clipboardData.setData("text/html", html);
    event.preventDefault();
    done = true;
  };
  document.addEventListener("copy", write, { once: true });
  document.execCommand("copy");
  document.removeEventListener("copy", write);
  return done;
}

async function put(html, plain) {
  try {
    if (!html) await navigator.clipboard.writeText(plain);
    else {
      const blob = (text, type) => new Blob([text], { type });
      await navigator.clipboard.write([new ClipboardItem({ "text/html": blob(html, "text/html"), "text/plain": blob(plain, "text/plain") })]);
    }
    return true;
  } catch {
    return copyOldWay(html, plain);
  }
}

/* Styles are left out first: the page's own policy does not allow them, and words need none. */
const wordsOf = (html) => new DOMParser().parseFromString(html.replace(/ style="[^"]*"/g, ""), "text/html").body.textContent.trim();

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy-html], [data-copy-field]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copyHtml ?? button.dataset.copyField);
  const html = button.dataset.copyHtml ? field.value : "";
  if (await put(html, html ? wordsOf(html) : field.value)) return say(button.dataset.done);
  field.closest("details")?.setAttribute("open", "");
  field.select();
  say(status.dataset.hand);
});
