"""A short name for the browser that signed in: "Chrome · Android"."""

from __future__ import annotations

from campus_service.core.i18n import _, marked

# The first word found wins: browsers name those they descend from as well.
_BROWSERS = (
    ("MicroMessenger", marked("微信")),
    ("DingTalk", marked("钉钉")),
    ("QQ/", "QQ"),
    ("HuaweiBrowser", marked("华为浏览器")),
    ("MiuiBrowser", marked("小米浏览器")),
    ("UCBrowser", "UC"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("OpenHarmony", "HarmonyOS"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """What a person would call this device; "" when the browser does not say."""
    browser = next((name for word, name in _BROWSERS if word in user_agent), "")
    system = next((name for word, name in _SYSTEMS if word in user_agent), "")
    return " · ".join(part for part in (browser, system) if part)


def shown_name(device: str) -> str:
    """A name made by ``device_name``, in the reader's language."""
    return " · ".join(_(part) for part in device.split(" · ")) if device else ""
