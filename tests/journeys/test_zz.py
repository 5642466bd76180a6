def test_x(windows, site):
    import time
    page=windows.open(signed_in="lin")
    page.goto("/me"); page.screenshot(path="/tmp/wj/s/me.png", full_page=True)
    page.goto("/me/notifications"); page.screenshot(path="/tmp/wj/s/notes.png", full_page=True)
    print(site.things)
