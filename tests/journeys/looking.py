"""Looking at a page as axe does, and with a ruler."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Whether a square of 24 px in the middle of the element answers to a finger.
REACHED = """target => {
  const element = document.querySelector(target);
  element.scrollIntoView({block: "nearest"});
  const box = element.getBoundingClientRect();
  const at = (dx, dy) => document.elementFromPoint(box.x + box.width / 2 + dx, box.y + box.height / 2 + dy);
  const points = [[0, 0], [-11, -11], [11, -11], [-11, 11], [11, 11]].map(([dx, dy]) => at(dx, dy));
  // What lies under an open menu is not meant to be touched now.
  return points.some(hit => hit?.closest(".menu-in")) || points.every(hit => element.contains(hit));
}"""
WIDE = """() => {
  const edge = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= edge) return "";
  const over = [...document.querySelectorAll("body *")].filter(each => each.getBoundingClientRect().right > edge + 1);
  const told = over.slice(0, 5).map(each => `${each.tagName.toLowerCase()}.${each.className}`);
  return `${document.documentElement.scrollWidth - edge} px hang over the right edge: ${told.join(", ")}`;
}"""


def faults(page: Page) -> list[str]:
    """What axe finds, and whether anything hangs over the edge."""
    found = [_told(page, violation) for violation in _violations(page)]
    return [each for each in (*found, page.evaluate(WIDE)) if each]


def _violations(page: Page) -> list[dict[str, Any]]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": TAGS}}
    found: list[dict[str, Any]] = page.evaluate(
        "options => axe.run(options).then(seen => seen.violations)", options
    )
    return found


def _told(page: Page, violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    if violation["id"] == "target-size":
        # axe takes what lies in the top layer (a sheet) for covered by what is fixed below it.
        nodes = [node for node in nodes if not page.evaluate(REACHED, node["target"][0])]
    told = [f"{node['target']}: {node['html'][:160]} ({node['failureSummary']})" for node in nodes[:3]]
    return f"{violation['id']}: {violation['help']}: " + "; ".join(told) if told else ""
