"""The security office moves its Korean table in: uploads it, matches a word, tries it, imports it, takes it back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from campus_service.core.clock import today
from tests.journeys.conftest import Windows
from tests.journeys.site import Site

PATIENCE = 30_000


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Three lines as Lost112 gives them, one of them without a day."""
    day = f"{today() - timedelta(days=4):%Y-%m-%d}"
    path = tmp_path / "lost112.csv"
    path.write_text(
        "atcId,fdSn,fdPrdtNm,prdtClNm,clrNm,fdPlace,fdYmd,depPlace\n"
        f"F1,1,장우산 손잡이 나무,기타물품 > 우산,네이비(남색),버스 안,{day},서울역 유실물센터\n"
        f"F2,1,갤럭시 버즈 케이스 포함,전자기기 > 무선이어폰,화이트(흰)색,도서관 열람실,{day},강남경찰서\n"
        "F3,1,지갑,지갑 > 반지갑,블랙(검정)색,도서관,어제,강남경찰서\n",
        encoding="cp949",
    )
    return path


def test_a_table_is_moved_in_and_taken_back(site: Site, windows: Windows, table: Path) -> None:
    page = windows.open(phone=False, signed_in="security")
    page.goto("/desk/import")
    page.get_by_label("表格文件").set_input_files(table)
    page.get_by_role("button", name="传上来").click()
    expect(page.get_by_label("编码")).to_have_value("cp949")
    expect(page.get_by_label("现成的对应关系")).to_have_value("lost112")
    expect(page.locator("#examples")).to_contain_text("藏青色 장우산")
    # The examples follow the columns while they are chosen.
    page.get_by_label("标题：再接一列").select_option("fdPlace")
    expect(page.locator("#examples")).to_contain_text("버스 안")
    page.get_by_label("标题：再接一列").select_option("fdPrdtNm")
    page.get_by_role("button", name="试跑").click()
    expect(page.get_by_text("一共 3 行：招领 2、寻物 0，拒收 1。")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("“어제”不是日期").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载拒收的 1 行").click()
    assert "어제" in Path(download.value.path()).read_text("utf-8-sig")
    page.get_by_role("button", name="导入 2 行").click()
    expect(page.get_by_text("导入好了")).to_be_visible(timeout=PATIENCE)

    shelf = windows.open(phone=False, signed_in="desk")
    shelf.goto("/desk/shelf?q=갤럭시")
    expect(shelf.get_by_role("link", name="白色 갤럭시")).to_be_visible()

    page.get_by_role("button", name="撤销").first.click()
    page.get_by_role("dialog").get_by_role("button", name="撤销").click()
    expect(page.get_by_text("撤销了，这次导入的都拿掉了。")).to_be_visible()
    shelf.reload()
    expect(shelf.get_by_role("link", name="갤럭시")).to_have_count(0)
