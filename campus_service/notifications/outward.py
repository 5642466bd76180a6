"""Requests to addresses that somebody typed: only where they may go, never on to where they are sent from there."""

from __future__ import annotations

import ipaddress
import socket
import time
from urllib.parse import SplitResult, urlsplit

import httpx

from campus_service.core.errors import Invalid
from campus_service.core.i18n import LazyString, lazy
from campus_service.core.settings import settings
from campus_service.notifications.robots import HOSTS, Outgoing, Robot

TIMEOUT_S = 5.0
MAX_ANSWER = 64 * 1024


class Unreachable(Exception):
    """Nobody answered; ``why`` holds no address: that would hold the robot's token."""

    def __init__(self, why: LazyString) -> None:
        self.why = why
        super().__init__(why)

    def __str__(self) -> str:
        return str(self.why)


def check(kind: Robot, url: str) -> None:
    """Raise Invalid for an address that robot ``kind`` cannot have."""
    parts = _split(url)
    if parts is None:
        raise Invalid({"url": lazy("这不是一个网址，请从群聊里重新复制。")})
    if _listed(parts):
        return
    if parts.scheme != "https" or parts.port not in (None, 443) or parts.hostname not in HOSTS[kind]:
        begin = f"https://{HOSTS[kind][0]}/"
        raise Invalid({"url": lazy("%(kind)s的地址以 %(begin)s 开头。", kind=kind.label, begin=begin)})


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if fine and not parts.username and not parts.fragment else None


def _listed(parts: SplitResult) -> bool:
    """Whether the operator allowed this host; he may mean a private one."""
    listed = {host.strip().lower() for host in settings().webhook_hosts.split(",")} - {""}
    return parts.hostname in listed or f"{parts.hostname}:{parts.port or _port(parts)}" in listed


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def post(kind: Robot, outgoing: Outgoing) -> tuple[int, bytes]:
    """Send it and return the answer's status and body; redirects are not followed.

    Raises Unreachable, or Invalid when the address may not be asked (any more).
    """
    check(kind, outgoing.url)
    parts = urlsplit(outgoing.url)
    address = _resolved(parts)
    # To the very address that was looked at: a second look-up of the name might say another.
    url = httpx.URL(outgoing.url).copy_with(host=address)
    extensions = {"sni_hostname": parts.hostname} if parts.scheme == "https" else {}
    try:
        # No proxy of the environment either: it would look the name up anew.
        with (
            httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST", url, json=outgoing.body, headers={"Host": parts.netloc}, extensions=extensions
            ) as response,
        ):
            return response.status_code, _limited(response)
    except httpx.TimeoutException:
        raise Unreachable(lazy("对方没有按时回答")) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreachable(lazy("连接不通（%(what)s）", what=type(error).__name__)) from None


def _limited(response: httpx.Response) -> bytes:
    """The beginning of the body: no robot has more to say."""
    content, give_up = b"", time.monotonic() + TIMEOUT_S
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > MAX_ANSWER:
            break
        if time.monotonic() > give_up:
            raise Unreachable(lazy("对方没有按时回答"))
    return content[:MAX_ANSWER]


def _resolved(parts: SplitResult) -> str:
    """One address of the host; a private one only where the operator allowed the host."""
    try:
        found = socket.getaddrinfo(parts.hostname, _port(parts), type=socket.SOCK_STREAM)
    except OSError:
        raise Unreachable(lazy("找不到这个主机名")) from None
    addresses = [str(row[4][0]) for row in found]
    if not _listed(parts) and not all(ipaddress.ip_address(address).is_global for address in addresses):
        raise Unreachable(lazy("主机名指向内部网络"))
    return addresses[0]
