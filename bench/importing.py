"""`python -m bench.importing`: lines a second and the most memory of an import, at 5,000 and at 50,000 lines."""

from __future__ import annotations

import csv
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

HEADINGS = ("编号", "类型", "标题", "类别", "地点", "日期", "描述", "核对特征")
THINGS = {
    "雨伞": "黑色折叠伞", "水杯": "白色保温杯", "耳机": "蓝牙耳机，左耳", "钥匙": "三把钥匙一串", "衣物": "灰色连帽卫衣",
    "书本文具": "高等数学课本", "眼镜": "黑框眼镜", "包": "帆布包，印着字", "运动用品": "羽毛球拍一支",
}  # fmt: skip
PLACES = ("图书馆3楼", "一食堂", "第二教学楼", "田径场", "东区宿舍", "快递驿站")
# What is wrong with each hundredth line, in turn; the field that the reason names.
FAULTS = ("类别", "日期", "标题", "描述", "类型", "编号")


def write(path: Path, lines: int, encoding: str = "gbk") -> dict[int, str]:
    """A spreadsheet's CSV with ``lines`` lines, one in a hundred bad; returns what is bad: line → field."""
    dice = random.Random(lines)
    bad: dict[int, str] = {}
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for number in range(2, lines + 2):
            category = dice.choice(list(THINGS))
            day = datetime.now(UTC).date() - timedelta(days=dice.randrange(1, 300))
            kind = dice.choice(("招领", "招领", "寻物"))
            row = [f"R{number}", kind, THINGS[category], category, dice.choice(PLACES), f"{day:%Y/%m/%d}",
                   f"第 {number} 条，伞柄“有点”旧, 有逗号", "内侧写着名字"]  # fmt: skip
            if number % 100 == 50:
                bad[number] = _spoil(row, len(bad))
            writer.writerow(row)
    return bad


def _spoil(row: list[str], turn: int) -> str:
    field = FAULTS[turn % len(FAULTS)]
    wrong = {
        "类别": "飞船",
        "日期": "上个月",
        "标题": "",
        "描述": "电话 13800001234",
        "类型": "借用",
        "编号": "R2",
    }
    row[HEADINGS.index(field)] = wrong[field]
    return field


def main() -> None:
    """Import a file of either size on a fresh SQLite site, each in a process of its own."""
    peaks = []
    for lines in (5_000, 50_000):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "bench.importing", folder, str(lines)]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        seconds, peak = float(told[-2]), int(told[-1])
        peaks.append(peak)
        print(f"{lines:>7,} lines: {lines / seconds:,.0f} lines/s, most memory {peak / 1024:.0f} MB")
    print(f"memory at 50,000 lines : at 5,000 lines = {peaks[1] / peaks[0]:.2f}")


def once(folder: Path, lines: int) -> None:
    """One import as the worker does it: dry run, then the lines; prints seconds and the peak in KiB."""
    from bench.site import Site

    site = Site(folder / "site", 8755)
    site.command("db", "upgrade")
    path = folder / "lines.csv"
    write(path, lines)
    from bench import pages
    from campus_service.accounts.queries import actor_of
    from campus_service.accounts.service import new_person
    from campus_service.core.db import transaction
    from campus_service.core.permissions import Role
    from campus_service.lostfound.moving import service, uploading

    with pages.application(site).app_context():
        with transaction():
            person = new_person(
                "B1", "何老师", "he@bench.test", password_hash="-", roles=[(Role.SECURITY, None)]
            )
        actor = actor_of(person.id)
        with path.open("rb") as file:
            number = uploading.receive(actor, file, path.name)
        begun = time.monotonic()
        for start, job in ((service.start_trying, service.try_out), (service.start, service.run)):
            with transaction():
                start(actor, number)
            job(number)
        print(time.monotonic() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        once(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        main()
