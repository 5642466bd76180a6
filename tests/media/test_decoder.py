"""Decoding happens in a child with limits; whatever happens to it, the asking process goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from campus_service.media.decoder import Decoder
from campus_service.media.errors import ImageRefused
from campus_service.media.refusal import RefusalCode
from tests.media import pictures
from tests.media.pictures import encoded, quarters

ROOT = Path(__file__).resolve().parents[2]
MakeDecoder = Callable[..., Decoder]


def workers_of(decoder: Decoder) -> list[int]:
    """The processes that decode at this moment."""
    pid = decoder.pid()
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.002)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@contextmanager
def strike(decoder: Decoder, number: signal.Signals, times: int) -> Iterator[list[int]]:
    """Send a signal to the first `times` workers that appear; yields those struck."""
    struck: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while len(struck) < times and not over.is_set():
            for pid in set(workers_of(decoder)) - set(struck):
                os.kill(pid, number)
                struck.append(pid)
            time.sleep(0.001)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield struck
    finally:
        over.set()
        thread.join()


def large_photo() -> bytes:
    """Takes long enough to decode that a signal meets the worker at it."""
    return pictures.flat_png(6000, 5000)


def test_a_photo_comes_back_as_clean_renditions(own_decoder: MakeDecoder) -> None:
    cleaned = own_decoder().clean(pictures.phone_photo())
    assert [(each.width, each.height) for each in cleaned.renditions] == [
        (1200, 1600),
        (720, 960),
        (240, 320),
    ]
    assert all(pictures.carries_only_a_picture(each.data) for each in cleaned.renditions)
    assert len(cleaned.colour) == 7


@pytest.mark.parametrize(
    ("data", "code", "status"),
    [
        (b"", RefusalCode.NOT_AN_IMAGE, 415),
        (b"GIF89a" + bytes(20), RefusalCode.UNSUPPORTED_FORMAT, 415),
        (bytes(8 * 1024 * 1024 + 1), RefusalCode.TOO_LARGE_BYTES, 413),
        (pictures.png_header(65_535, 65_535), RefusalCode.TOO_MANY_PIXELS, 422),
        (encoded(quarters())[:3000], RefusalCode.TRUNCATED, 422),
    ],
    ids=["empty", "gif", "9 MB", "bomb", "truncated"],
)
def test_a_refusal_keeps_its_code_on_the_way(
    own_decoder: MakeDecoder, data: bytes, code: RefusalCode, status: int
) -> None:
    with pytest.raises(ImageRefused) as caught:
        own_decoder().clean(data)
    assert (caught.value.code, caught.value.status) == (code, status)


# Some decoders tell a lack of memory apart from a damaged file, some do not.
@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("PNG", {RefusalCode.MEMORY}),
        ("JPEG", {RefusalCode.MEMORY, RefusalCode.TRUNCATED}),
        ("WEBP", {RefusalCode.MEMORY, RefusalCode.TRUNCATED}),
        ("HEIF", {RefusalCode.MEMORY, RefusalCode.TRUNCATED}),
    ],
)
def test_a_photo_that_needs_too_much_memory_is_refused(
    own_decoder: MakeDecoder, kind: str, codes: set[RefusalCode]
) -> None:
    decoder = own_decoder(memory_bytes=100 * 1024 * 1024)
    size = (3000, 2200) if kind == "HEIF" else (5600, 4200)
    options = {"progressive": True} if kind == "JPEG" else {}
    with pytest.raises(ImageRefused) as caught:
        decoder.clean(encoded(Image.new("RGB", size), kind, **options))
    assert caught.value.code in codes
    assert decoder.clean(encoded(quarters())).colour


def test_the_worker_has_the_limits_of_the_promise(own_decoder: MakeDecoder) -> None:
    decoder = own_decoder()
    with decoder._connect():
        wait_until(lambda: workers_of(decoder))
        worker = workers_of(decoder)[0]
        wait_until(lambda: "1073741824" in Path(f"/proc/{worker}/limits").read_text())
        wait_until(lambda: limits_of(worker).get("Max cpu time") == ("5", "6"))
        assert limits_of(worker)["Max address space"] == ("1073741824", "1073741824")
        assert limits_of(worker)["Max file size"] == ("0", "0")


def limits_of(pid: int) -> dict[str, tuple[str, str]]:
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    return {line[:26].strip(): (line[26:].split()[0], line[26:].split()[1]) for line in lines}


def test_the_decoding_program_gets_no_secret(
    own_decoder: MakeDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMPUS_SECRET_KEY", "CANARY" * 6)
    decoder = own_decoder()
    decoder.clean(encoded(quarters()))
    assert b"CANARY" not in Path(f"/proc/{decoder.pid()}/environ").read_bytes()


def test_a_worker_that_waits_too_long_ends_and_is_reported(own_decoder: MakeDecoder) -> None:
    decoder = own_decoder(wall_s=1)
    with decoder._connect() as asker:
        asker.settimeout(20)
        assert asker.recv(100).startswith(b"\x00died")


def test_processor_time_is_limited() -> None:
    program = (
        "from campus_service.media.child import confine; from campus_service.media.limits import Limits\n"
        "confine(Limits(cpu_s=1))\nwhile True: pass"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=60, check=False)
    assert ended.returncode == -signal.SIGXCPU


@pytest.mark.parametrize("number", [signal.SIGXCPU, signal.SIGALRM])
def test_a_worker_over_its_time_is_a_timeout(own_decoder: MakeDecoder, number: signal.Signals) -> None:
    decoder = own_decoder()
    with strike(decoder, number, times=1), pytest.raises(ImageRefused) as caught:
        decoder.clean(large_photo())
    assert caught.value.code is RefusalCode.TIMEOUT


def test_a_worker_that_crashes_refuses_the_photo(own_decoder: MakeDecoder) -> None:
    decoder = own_decoder()
    with strike(decoder, signal.SIGSEGV, times=1), pytest.raises(ImageRefused) as caught:
        decoder.clean(large_photo())
    assert caught.value.code is RefusalCode.TRUNCATED


def test_a_worker_killed_from_outside_is_replaced(own_decoder: MakeDecoder) -> None:
    decoder = own_decoder()
    with strike(decoder, signal.SIGKILL, times=1) as struck:
        cleaned = decoder.clean(large_photo())
    assert struck
    assert cleaned.rendition(2048).width == 2048


def test_a_photo_whose_workers_are_always_killed_is_refused(own_decoder: MakeDecoder) -> None:
    decoder = own_decoder()
    with strike(decoder, signal.SIGKILL, times=3) as struck, pytest.raises(ImageRefused) as caught:
        decoder.clean(large_photo())
    assert (len(struck), caught.value.code) == (3, RefusalCode.MEMORY)


def test_a_killed_program_is_started_again(own_decoder: MakeDecoder) -> None:
    decoder = own_decoder()
    decoder.clean(encoded(quarters()))
    first = decoder.pid()
    assert first
    os.kill(first, signal.SIGKILL)
    assert decoder.clean(encoded(quarters())).colour
    assert decoder.pid() not in (None, first)


def test_a_program_killed_in_mid_work_does_not_lose_the_photo(own_decoder: MakeDecoder) -> None:
    decoder = own_decoder()
    decoder.clean(encoded(quarters()))
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(decoder.clean, large_photo())
        wait_until(lambda: workers_of(decoder))
        pid = decoder.pid()
        assert pid  # kill(0) would end the tests themselves
        os.kill(pid, signal.SIGKILL)
        assert working.result().rendition(320).width == 320


def test_eight_threads_are_served_at_once(own_decoder: MakeDecoder) -> None:
    decoder = own_decoder()
    shades = [(shade, shade, shade) for shade in range(10, 250, 30)]
    photos = [encoded(Image.new("RGB", (900, 700), shade), "PNG") for shade in shades]
    with ThreadPoolExecutor(8) as pool:
        colours = [cleaned.colour for cleaned in pool.map(decoder.clean, photos * 4)]
    assert [int(colour[1:3], 16) for colour in colours] == [shade[0] for shade in shades] * 4


def test_no_worker_is_left_behind(own_decoder: MakeDecoder) -> None:
    decoder = own_decoder()
    for _ in range(5):
        decoder.clean(encoded(quarters()))
    wait_until(lambda: not workers_of(decoder))


def test_stopping_ends_the_program(own_decoder: MakeDecoder) -> None:
    decoder = own_decoder()
    decoder.clean(encoded(quarters()))
    pid = decoder.pid()
    decoder.stop()
    assert decoder.pid() is None
    assert is_gone(pid or 0)


ASK = """
import os, sys
from campus_service.media import decoder
import pathlib
photo = pathlib.Path(sys.argv[1]).read_bytes()
def ask():
    decoder.clean(photo)
    print(decoder._decoder.pid(), flush=True)
ask()
"""


def run_program(tmp_path: Path, tail: str) -> subprocess.Popen[str]:
    (tmp_path / "photo.jpg").write_bytes(encoded(quarters()))
    command = [sys.executable, "-W", "error", "-c", ASK + tail, str(tmp_path / "photo.jpg")]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_forked_process_starts_a_program_of_its_own(tmp_path: Path) -> None:
    with run_program(tmp_path, "if os.fork() == 0:\n    ask()\nelse:\n    os.wait()\n    ask()\n") as process:
        out, errors = process.communicate(timeout=60)
    first, forked, again = map(int, out.split())
    assert (process.returncode, errors) == (0, "")
    assert first == again != forked
    wait_until(lambda: is_gone(first) and is_gone(forked))


def test_the_program_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    with run_program(tmp_path, "import time; time.sleep(60)") as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        assert not is_gone(pid)
        process.kill()
        process.communicate()
    wait_until(lambda: is_gone(pid))


def test_the_asking_process_does_not_load_pillow(tmp_path: Path) -> None:
    with run_program(tmp_path, "print('PIL' in sys.modules)") as process:
        assert process.communicate(timeout=60)[0].split()[-1] == "False"
