import pytest
from tests.journeys.test_accessibility import LOOKS
from tests.journeys.conftest import DESKTOP


@pytest.mark.parametrize("n", range(len(LOOKS)))
def test_x(n, windows, site):
    look = LOOKS[n]
    page = windows.open(signed_in=look.who, color_scheme="light", reduced_motion="reduce")
    page.goto(look.path.format_map(site.things))
    page.screenshot(path=f"/tmp/wj/looks/{n:02d}-390.png", full_page=True)
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=f"/tmp/wj/looks/{n:02d}-1280.png", full_page=True)
