"""What one decoding may use, and the frame that asker and child speak. Imports nothing of ours."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Final

#: Length prefix of a frame: unsigned, 4 bytes, big endian.
LENGTH: Final = ">I"
#: The end of every whole answer.
SEAL: Final = b"\x00sealed\x00"
#: The end of an answer whose worker died (whatever it had written stands before it), then its exit code.
DEATH: Final = b"\x00died"
DEATH_CODE: Final = ">h"
DEATH_LENGTH: Final = len(DEATH) + 2


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one photo's child: address space in bytes, processor and wall time in seconds (security.md, Uploads)."""

    memory_bytes: int = 1024**3
    cpu_s: int = 5
    wall_s: int = 10

    def arguments(self) -> list[str]:
        """As arguments of the child's command line."""
        return [str(value) for value in astuple(self)]
