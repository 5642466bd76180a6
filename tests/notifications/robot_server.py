"""A server that behaves as the three vendors' robots do: it checks form, key and signature by its own arithmetic."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "token-73febdcb-1b38"
SECRET = "SEC0a1b2c3d4e5f"
PATHS = {
    "wecom": f"/cgi-bin/webhook/send?key={TOKEN}",
    "dingtalk": f"/robot/send?access_token={TOKEN}",
    "feishu": f"/open-apis/bot/v2/hook/{TOKEN}",
}


@dataclass
class Robots:
    """What the robots were told, and what they shall say to the next messages instead of judging them."""

    port: int = 0
    heard: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    answers: list[tuple[int, Any]] = field(default_factory=list)
    # While it is not set nobody gets an answer.
    awake: Event = field(default_factory=Event)

    def url(self, kind: str) -> str:
        return f"http://127.0.0.1:{self.port}{PATHS[kind]}"


def hmac_by_hand(key: bytes, text: bytes) -> str:
    """HMAC-SHA256 of RFC 2104, written out."""
    key = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(k ^ 0x36 for k in key) + text).digest()
    return base64.b64encode(hashlib.sha256(bytes(k ^ 0x5C for k in key) + inner).digest()).decode()


def judge(path: str, body: dict[str, Any]) -> dict[str, Any]:
    parts = urlsplit(path)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.path == "/cgi-bin/webhook/send":
        return _wecom(query, body)
    if parts.path == "/robot/send":
        return _dingtalk(query, body)
    return _feishu(parts.path.rpartition("/")[2], body)


def _wecom(query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    if query.get("key") != TOKEN:
        return {"errcode": 93000, "errmsg": "invalid webhook url, hint: [1700000000]"}
    content = body["markdown"]["content"] if body.get("msgtype") == "markdown" else ""
    if not 0 < len(content.encode()) <= 4096:
        return {
            "errcode": 40058,
            "errmsg": "markdown.content exceed max length 4096. invalid Request Parameter",
        }
    return {"errcode": 0, "errmsg": "ok"}


def _dingtalk(query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    if query.get("access_token") != TOKEN:
        return {"errcode": 300001, "errmsg": "token is not exist"}
    at = query.get("timestamp", "0")
    if len(at) != 13 or abs(int(at) / 1000 - time.time()) > 3600:
        return {"errcode": 310000, "errmsg": "invalid timestamp"}
    if query.get("sign") != hmac_by_hand(SECRET.encode(), f"{at}\n{SECRET}".encode()):
        return {"errcode": 310000, "errmsg": "sign not match"}
    if body.get("msgtype") != "markdown" or not body["markdown"]["title"] or not body["markdown"]["text"]:
        return {"errcode": 40035, "errmsg": "missing parameter"}
    return {"errcode": 0, "errmsg": "ok"}


def _feishu(token: str, body: dict[str, Any]) -> dict[str, Any]:
    if token != TOKEN:
        return {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}
    at = str(body.get("timestamp", "0"))
    wrong = body.get("sign") != hmac_by_hand(f"{at}\n{SECRET}".encode(), b"")
    if wrong or len(at) != 10 or abs(int(at) - time.time()) > 3600:
        return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
    if body.get("msg_type") != "text" or not body["content"]["text"]:
        return {"code": 9499, "msg": "Bad Request"}
    return {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}


@contextmanager
def robots() -> Iterator[Robots]:
    """The robots, on a free port of this machine."""
    memory = Robots()
    memory.awake.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            memory.asked += 1
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            memory.awake.wait(20)
            status, said = memory.answers.pop(0) if memory.answers else (200, judge(self.path, body))
            if said in ({"errcode": 0, "errmsg": "ok"}, {"code": 0}) or (said or {}).get("StatusCode") == 0:
                memory.heard.append(body)
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"http://127.0.0.1:{memory.port}/elsewhere")
            self.send_header("Content-Length", str(len(content)))
            # Who lost patience is gone.
            with suppress(BrokenPipeError, ConnectionResetError):
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    memory.port = server.server_address[1]
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield memory
    finally:
        memory.awake.set()
        server.shutdown()
        thread.join()
        server.server_close()
