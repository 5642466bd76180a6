"""What the media package tells a person: a refused photo, a full disk, a decoder that does not start."""

from __future__ import annotations

from campus_service.core.errors import DomainError, Text
from campus_service.core.i18n import lazy
from campus_service.media.refusal import RefusalCode

_STATUS = {
    RefusalCode.TOO_LARGE_BYTES: 413,
    RefusalCode.NOT_AN_IMAGE: 415,
    RefusalCode.UNSUPPORTED_FORMAT: 415,
}


class ImageRefused(DomainError):
    """A photo that is not taken: `code` for programs, `message` for people."""

    status = 422

    def __init__(self, code: RefusalCode, detail: str = "") -> None:
        super().__init__(_message(code, detail))
        self.code = code
        self.status = _STATUS.get(code, 422)


class StorageFull(DomainError):
    """The disk of the photos is full or read-only; nothing of the photo was kept."""

    status = 507
    default = lazy("照片暂时存不进去：存储空间满了。请稍后再传。")


class DecoderUnavailable(DomainError):
    """The decoding process cannot be started on this machine."""

    status = 503
    default = lazy("照片暂时处理不了，请稍后再传。")


def _message(code: RefusalCode, detail: str) -> Text:
    match code:
        case RefusalCode.NOT_AN_IMAGE:
            return lazy("这个文件不是照片，请选一张 JPEG、PNG、WebP 或 HEIC 照片。")
        case RefusalCode.UNSUPPORTED_FORMAT:
            return lazy("不支持 %(format)s 文件，请换成 JPEG、PNG、WebP 或 HEIC 照片。", format=detail)
        case RefusalCode.TOO_LARGE_BYTES:
            return lazy("照片超过 8 MB，请缩小或压缩后再传。")
        case RefusalCode.TOO_MANY_PIXELS:
            return lazy("照片有 %(size)s 像素，超过 5000 万，请缩小后再传。", size=detail)
        case RefusalCode.TRUNCATED:
            return lazy("照片不完整或已损坏，请重新选择；再不行，把它打开截图后再传。")
        case RefusalCode.TIMEOUT:
            return lazy("照片处理了太久还没有完成，请缩小后再传，或换一张。")
        case RefusalCode.MEMORY:
            return lazy("处理这张照片需要的内存太多，请缩小后再传。")
