"""Why a photo is refused: the codes that travel from the decoding child to the person. Pure, no imports of ours."""

from __future__ import annotations

from enum import StrEnum


class RefusalCode(StrEnum):
    """One reason for which a photo is not taken."""

    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED_FORMAT = "unsupported_format"
    TOO_LARGE_BYTES = "too_large_bytes"
    TOO_MANY_PIXELS = "too_many_pixels"
    TRUNCATED = "truncated"
    TIMEOUT = "timeout"
    MEMORY = "memory"


class Refusal(Exception):
    """Raised while decoding; carries the code and one short detail (a format's name, a size in pixels)."""

    def __init__(self, code: RefusalCode, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail
