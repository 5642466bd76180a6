"""A mail server that writes down who got what, one line a mail, and can be run as a process of its own."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """Takes every mail; with ``folder`` the mails are kept whole."""

    def __init__(self, log: Path, folder: Path | None = None) -> None:
        self.log, self.folder = log.open("a", encoding="utf-8"), folder

    def close(self) -> None:
        self.log.close()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        for to in envelope.rcpt_tos:
            self.log.write(f"{to} {envelope.mail_from}\n")
        self.log.flush()
        if self.folder is not None and isinstance(envelope.content, bytes):
            (self.folder / f"{envelope.rcpt_tos[0]}.eml").write_bytes(envelope.content)
        return "250 2.0.0 taken"


def main() -> None:
    """``sink.py LOG PORT``: serve until ended."""
    controller = Controller(Sink(Path(sys.argv[1])), "127.0.0.1", int(sys.argv[2]))
    controller.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
