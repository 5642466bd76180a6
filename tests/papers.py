"""What a printer and a phone make of a PDF: words, size, fonts, codes; by poppler, which knows nothing of Typst."""

from __future__ import annotations

import io
import re
import shutil
import subprocess

import pytest
import zxingcpp
from PIL import Image

MM = 72 / 25.4


def _tool(name: str, pdf: bytes, *options: str) -> bytes:
    """Run one of poppler's programs; a test that needs it is skipped without."""
    if not shutil.which(name):
        pytest.skip(f"{name} is missing: apt-get install poppler-utils")
    return subprocess.run([name, *options], input=pdf, check=True, capture_output=True).stdout


def words(pdf: bytes) -> str:
    """The text that a reader can select, without spaces and without the places where a long word may break."""
    return re.sub(r"[\s\u200b]", "", _tool("pdftotext", pdf, "-", "-").decode())


def size(pdf: bytes) -> tuple[int, int, int]:
    """How many pages, and width and height of the first in millimetres."""
    told = _tool("pdfinfo", pdf, "-").decode()
    pages = re.search(r"Pages:\s+(\d+)", told)
    box = re.search(r"Page size:\s+([\d.]+) x ([\d.]+)", told)
    assert pages
    assert box
    return int(pages[1]), round(float(box[1]) / MM), round(float(box[2]) / MM)


def fonts(pdf: bytes) -> dict[str, bool]:
    """The fonts, and whether each lies in the file."""
    rows = _tool("pdffonts", pdf, "-").decode().splitlines()[2:]
    return {row.split()[0].partition("+")[2]: row.split()[-5] == "yes" for row in rows}


def codes_of_picture(png: bytes) -> list[str]:
    """What a phone reads from a picture."""
    with Image.open(io.BytesIO(png)) as picture:
        return sorted(found.text for found in zxingcpp.read_barcodes(picture))


def codes(pdf: bytes, page: int = 1) -> list[str]:
    """What a phone reads from one printed page."""
    options = ("-r", "200", "-f", str(page), "-l", str(page), "-png", "-")
    return codes_of_picture(_tool("pdftoppm", pdf, *options))
