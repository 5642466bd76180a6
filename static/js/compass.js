/* Honest read counts: an article tells once that it was in sight for some seconds; an issue that its reader came from a
   board's poster. No cookie, no picture; a browser that a program drives tells nothing. */

const SECONDS = 5;

function tell(url, values) {
  navigator.sendBeacon(url, new URLSearchParams(values));
}

/** Calls `then` once the page has been in sight for so many seconds altogether. */
function afterSeconds(seconds, then) {
  let left = seconds * 1000, since = 0, timer = 0;
  const look = () => {
    clearTimeout(timer);
    if (since) { left -= performance.now() - since; since = 0; }
    if (document.visibilityState !== "visible") return;
    since = performance.now();
    timer = setTimeout(() => { document.removeEventListener("visibilitychange", look); then(); }, Math.max(0, left));
  };
  document.addEventListener("visibilitychange", look);
  look();
}

if (!navigator.webdriver) {
  const { publication, reads, issue, scans } = document.querySelector("[data-reads], [data-scans]")?.dataset ?? {};
  const board = new URLSearchParams(location.search).get("board");
  if (reads) afterSeconds(SECONDS, () => tell(reads, { publication }));
  if (scans && board) afterSeconds(1, () => tell(scans, { issue, board }));
}
