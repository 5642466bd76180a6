"""The decoding program: `python -m campus_service.media.child`, started by `decoder.py`, one per web process.

It imports Pillow once and then only waits. For every photo it receives one end of a socket pair, forks, and the
fork decodes under limits: a hostile file costs that fork and nothing else. It ends when its parent's end closes.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import traceback
import warnings
from typing import NoReturn

from PIL import Image

from campus_service.media import pipeline
from campus_service.media.cleaned import Cleaned
from campus_service.media.limits import DEATH, DEATH_CODE, LENGTH, SEAL, Limits
from campus_service.media.refusal import Refusal, RefusalCode


class Zygote:
    """Forks one worker per photo and tells the asker when a worker died without an answer."""

    def __init__(self, control: socket.socket, limits: Limits) -> None:
        self._control = control
        self._limits = limits
        self._askers: dict[int, socket.socket] = {}
        self._woken, self._waker = socket.socketpair()
        for end in (self._woken, self._waker):
            end.setblocking(False)

    def run(self) -> None:
        """Serve until the other end of the control socket is closed."""
        signal.signal(
            signal.SIGINT, signal.SIG_IGN
        )  # Ctrl-C in a terminal reaches us too; our parent decides
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        serving = True
        while serving:
            ready, _, _ = select.select([self._control, self._woken], [], [])
            if self._woken in ready:
                self._reap()
            if self._control in ready:
                serving = self._accept()
        for pid in self._askers:
            os.kill(pid, signal.SIGKILL)

    def _accept(self) -> bool:
        try:
            message, handles, _, _ = socket.recv_fds(self._control, 1, 1)
        except ConnectionError:
            return False
        if not message:
            return False
        with contextlib.suppress(
            OSError
        ):  # no process to be had: the asker sees the closed socket and asks again
            self._fork(socket.socket(fileno=handles[0]))
        return True

    def _fork(self, asker: socket.socket) -> None:
        pid = os.fork()
        if pid == 0:
            self._become_worker(asker)
        self._askers[pid] = asker

    def _become_worker(self, asker: socket.socket) -> NoReturn:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for other in (self._control, self._woken, self._waker, *self._askers.values()):
                other.close()
            confine(self._limits)
            serve(asker)
            status = 0
        except Exception:  # noqa: BLE001 - a fault of ours, or an asker who went away; the log tells
            traceback.print_exc()
        finally:
            os._exit(status)

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._woken.recv(512):
                pass
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._tell(*ended)

    def _tell(self, pid: int, status: int) -> None:
        with self._askers.pop(pid) as asker, contextlib.suppress(OSError):
            if status:
                asker.sendall(DEATH + struct.pack(DEATH_CODE, os.waitstatus_to_exitcode(status)))


def confine(limits: Limits) -> None:
    """Set this process's limits: memory, processor, wall time, and no files, no cores."""
    for what, amount in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (amount, amount))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
    signal.setitimer(signal.ITIMER_REAL, limits.wall_s)  # SIGALRM's default action ends the process


def serve(asker: socket.socket) -> None:
    """Read one photo from the socket, write its renditions or its refusal."""
    with asker.makefile("rb") as incoming:
        (length,) = struct.unpack(LENGTH, incoming.read(struct.calcsize(LENGTH)))
        data = incoming.read(length)
    asker.sendall(answer(data))


def answer(data: bytes) -> bytes:
    """The bytes that answer an upload: a JSON header, the JPEGs behind it, and a seal that tells it is whole."""
    try:
        return _packed(pipeline.clean(data))
    except Refusal as refusal:
        return _sealed({"refused": refusal.code, "detail": refusal.detail})
    except MemoryError:
        return _sealed({"refused": RefusalCode.MEMORY, "detail": ""})


def _packed(cleaned: Cleaned) -> bytes:
    table = [(each.size, each.width, each.height, len(each.data)) for each in cleaned.renditions]
    header: dict[str, object] = {"colour": cleaned.colour, "renditions": table}
    return _sealed(header, *(each.data for each in cleaned.renditions))


def _sealed(header: dict[str, object], *blobs: bytes) -> bytes:
    text = json.dumps(header).encode()
    return b"".join((struct.pack(LENGTH, len(text)), text, *blobs, SEAL))


def warm_up() -> None:
    """Decode one dot of each format, so that no fork has to import anything."""
    dot = Image.new("RGBA", (2, 2), (200, 30, 30, 128))
    for name, mode in (("JPEG", "CMYK"), ("PNG", "RGBA"), ("WEBP", "RGBA")):
        out = io.BytesIO()
        dot.convert(mode).save(out, name, icc_profile=b"none")
        pipeline.clean(out.getvalue())
    with contextlib.suppress(Refusal):
        pipeline.clean(b"GIF89a")
    gc.collect()
    gc.freeze()  # the forks share these objects; the collector must not touch their pages


def main(arguments: list[str]) -> None:
    """Arguments: the control socket's descriptor, then the limits (see Limits.arguments)."""
    warnings.simplefilter("ignore")
    control = socket.socket(fileno=int(arguments[0]))
    warm_up()
    Zygote(control, Limits(*map(int, arguments[1:]))).run()


if __name__ == "__main__":
    main(sys.argv[1:])
