"""The web process's side of decoding: starts the decoding program when first needed and hands it photos.

Safe for threads; a forked process starts a program of its own; a killed program is started again.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path
from time import monotonic
from typing import Any, Final

import structlog

from campus_service.media.cleaned import MAX_BYTES, SIZES, Cleaned, Rendition
from campus_service.media.errors import DecoderUnavailable, ImageRefused
from campus_service.media.limits import DEATH, DEATH_CODE, DEATH_LENGTH, LENGTH, SEAL, Limits
from campus_service.media.refusal import RefusalCode

log = structlog.get_logger(__name__)

#: Photos decoded at once by one web process: each may take the whole memory limit.
AT_ONCE: Final = 2
#: No answer is longer: three JPEGs of at most 2048 px.
_MAX_ANSWER: Final = 32 * 1024 * 1024
#: Seconds beyond the child's own wall limit before we stop listening.
_GRACE_S: Final = 3.0
_PACKAGE_ROOT: Final = Path(__file__).resolve().parents[2]
#: All that the decoding program sees of our environment: no secret, no address of a database.
_ENVIRONMENT: Final = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "PYTHONHOME", "VIRTUAL_ENV")


class Decoder:
    """One decoding program and the way to ask it."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._forget()

    def let_go(self) -> None:
        """Forget the program without ending it: a forked process must do so with its parent's."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.returncode = 0  # not our child, so not ours to wait for or to warn of
        self._forget()

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def clean(self, data: bytes) -> Cleaned:
        """Decode an upload in a child process and return its renditions.

        Raises ImageRefused when the file is no photo we take or breaks a limit, DecoderUnavailable when the
        decoding program cannot be started. A photo whose child somebody else killed is tried again.
        """
        if len(data) > MAX_BYTES:
            raise ImageRefused(RefusalCode.TOO_LARGE_BYTES)
        with self._slots:
            for _attempt in range(3):
                header, rest = self._ask(data)
                if not _was_killed(header):
                    break
        return _result(header, rest)

    def pid(self) -> int | None:
        """The decoding program's process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def stop(self) -> None:
        """End the decoding program; the next photo starts a new one."""
        with self._lock:
            self._stop()

    def _ask(self, data: bytes) -> tuple[dict[str, Any], bytes]:
        with self._connect() as asker:
            deadline = monotonic() + self._limits.wall_s + _GRACE_S
            asker.settimeout(self._limits.wall_s + _GRACE_S)
            try:
                with contextlib.suppress(
                    ConnectionError
                ):  # it died while we spoke; its last word is still to be read
                    asker.sendall(struct.pack(LENGTH, len(data)) + data)
                return _parsed(_everything(asker, deadline))
            except TimeoutError:
                return {"died": -signal.SIGALRM}, b""

    def _connect(self) -> socket.socket:
        """A fresh socket whose other end a fresh child holds."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            for _attempt in range(2):
                try:
                    socket.send_fds(self._running(), [b"+"], [theirs.fileno()])
                except OSError as error:
                    log.warning("photo decoder is gone, starting another", error=repr(error))
                    self._stop()
                else:
                    return ours
        ours.close()
        raise DecoderUnavailable()

    def _running(self) -> socket.socket:
        if self._control is not None and self._process is not None and self._process.poll() is None:
            return self._control
        self._stop()
        return self._start()

    def _start(self) -> socket.socket:
        self._control, theirs = socket.socketpair()
        with theirs:
            handle = theirs.fileno()
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "campus_service.media.child",
                    str(handle),
                    *self._limits.arguments(),
                ],
                pass_fds=[handle],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=_environment(),
            )
        return self._control

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            try:
                self._process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._control = self._process = None


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return kept | {"PYTHONPATH": str(_PACKAGE_ROOT), "MALLOC_ARENA_MAX": "2"}


def _everything(asker: socket.socket, deadline: float) -> bytes:
    parts: list[bytes] = []
    total = 0
    while total <= _MAX_ANSWER:
        asker.settimeout(max(0.001, deadline - monotonic()))
        try:
            part = asker.recv(262_144)
        except ConnectionError:
            break
        if not part:
            break
        parts.append(part)
        total += len(part)
    return b"".join(parts)


def _parsed(answer: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and JPEGs of a whole answer, else {"died": code}. The child is trusted no more than the photo."""
    if answer.endswith(SEAL):
        start = struct.calcsize(LENGTH)
        end = start + struct.unpack(LENGTH, answer[:start])[0]
        header: dict[str, Any] = json.loads(answer[start:end])
        if _lengths(header) == len(answer) - len(SEAL) - end:
            return header, answer[end : -len(SEAL)]
    marker, code = answer[-DEATH_LENGTH:-2], answer[-2:]
    return {"died": struct.unpack(DEATH_CODE, code)[0] if marker == DEATH else 0}, b""


def _lengths(header: dict[str, Any]) -> int:
    return sum(row[3] for row in header.get("renditions", ()))


def _was_killed(header: dict[str, Any]) -> bool:
    """Whether the child ended for no reason of the photo's: killed from outside, or its program was."""
    return header.get("died") in (0, -signal.SIGKILL)


def _result(header: dict[str, Any], rest: bytes) -> Cleaned:
    if "refused" in header:
        raise ImageRefused(RefusalCode(header["refused"]), str(header["detail"])[:40])
    if "died" in header:
        raise _death(header["died"])
    renditions, start = [], 0
    for size, width, height, length in header["renditions"]:
        renditions.append(Rendition(size, width, height, rest[start : start + length]))
        start += length
    if tuple(each.size for each in renditions) != SIZES or not all(
        each.data[:2] == b"\xff\xd8" for each in renditions
    ):
        raise ImageRefused(RefusalCode.TRUNCATED)
    return Cleaned(str(header["colour"])[:7], tuple(renditions))


def _death(code: int) -> ImageRefused | DecoderUnavailable:
    log.warning("photo decoding died", exit=code)
    if code == 0:
        return DecoderUnavailable()
    if code in (-signal.SIGXCPU, -signal.SIGALRM):
        return ImageRefused(RefusalCode.TIMEOUT)
    if code == -signal.SIGKILL:
        return ImageRefused(RefusalCode.MEMORY)
    return ImageRefused(RefusalCode.TRUNCATED)


_decoder = Decoder()
clean = _decoder.clean
stop = _decoder.stop
atexit.register(_decoder.stop)
os.register_at_fork(after_in_child=_decoder.let_go)
