"""Papers of the registry in a process of its own: labels, posters, pictures to share, the monthly notice.

`python -m bench.papers [--json]`. Each has other words, so that nothing is taken from memory but the fonts and the drawing;
the preflight is part of each but the notice's.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from datetime import date
from typing import Any

from PIL import Image

from bench.photo import _peak_mb
from bench.posters import _row, command


def measure() -> dict[str, dict[str, float]]:
    """Of each kind: milliseconds of the first and of the median later one, kB, and peak memory in MB so far."""
    with tempfile.TemporaryDirectory(prefix="campus-papers-") as folder:
        os.environ |= {
            "CAMPUS_SECRET_KEY": "only for the measurement, thirty-two+",
            "CAMPUS_DATA_DIR": folder,
        }
        from campus_service.app import create_app
        from campus_service.core.db import db

        with create_app().app_context():
            db.create_all()  # the desks are asked for
            before = _peak_mb()
            found = {name: _row(make) for name, make in _kinds().items()}
            return found | {"before the first": {"first_ms": 0, "ms": 0, "kb": 0, "peak_mb": before}}


def _kinds() -> dict[str, Callable[[int], bytes]]:
    from campus_service.core import papers
    from campus_service.lostfound import label_sheets
    from campus_service.lostfound.notice_paper import notice_pdf
    from campus_service.lostfound.posters import TEMPLATES

    photo = papers.inlined(_jpeg(), 960, 720)

    def poster(n: int, photo: str | None) -> bytes:
        words = _words(n, photo)
        return papers.pdf(TEMPLATES / "poster.typ", words.data, [words.address], 1).content

    def picture(n: int) -> bytes:
        words = _words(n, photo)
        return papers.png(TEMPLATES / "share.typ", words.data, [words.address]).content

    def notice(n: int) -> bytes:
        rows = [(f"2610-{n}{at:04}", "衣物", "图书馆", "10月31日") for at in range(400)]
        return notice_pdf("2026年10月", rows, [("收到", 400)], date(2026, 11, 1), "/").content

    return {
        "24 labels on A4": lambda n: label_sheets.sheet(_items(n), "a4").content,
        "24 labels on a roll": lambda n: label_sheets.sheet(_items(n), "roll").content,
        "poster": lambda n: poster(n, None),
        "poster with a photo": lambda n: poster(n, photo),
        "picture to share": picture,
        "notice of 400 things": notice,
    }


def _jpeg() -> bytes:
    """A photo of the size that posters take."""
    out = io.BytesIO()
    Image.effect_noise((960, 720), 40).convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


def _items(n: int) -> list[Any]:
    from campus_service.lostfound.categories import Category
    from campus_service.lostfound.custody import CustodyClass
    from campus_service.lostfound.models import FoundItem

    return [
        FoundItem(
            no=f"26{n:02}-{at:04}",
            category=Category.UMBRELLA,
            custody=CustodyClass.ORDINARY,
            shelf="A-06",
            occurred_on=date(2026, 10, 31),
        )
        for at in range(24)
    ]


def _words(n: int, photo: Any) -> Any:
    from campus_service.lostfound.posters import Words

    return Words(
        f"招领启事：黑红格子围巾（{n}）",
        "招领启事",
        False,
        f"编号 2610-{n:04}",
        f"黑红格子围巾（{n}）",
        (("地点", "图书馆一楼咖啡角"), ("时间", "2026年10月31日"), ("类别", "衣物")),
        "羊毛的，两头有流苏，折起来放在一个纸袋里。" * 3,
        "是你的？扫一扫",
        ("失主请到图书馆总服务台认领。",),
        "《民法典》第三百一十五条",
        "大学生事务服务中心",
        photo,
        f"https://campus.example/lost-found/2610-{n:04}",
    )


if __name__ == "__main__":
    command(measure, __doc__, "paper")
