/* Labels and receipts opened with ?print=1 go to the printer at once; the page's own button does the same by hand. */

addEventListener("load", () => print(), { once: true });
if (document.readyState === "complete") print();
