"""The small SMTP server that takes answers to our mails: it knows signed addresses only and relays nothing."""

from __future__ import annotations

import asyncio
import signal
from asyncio import BaseTransport, TimerHandle, Transport
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from campus_service.core.db import transaction
from campus_service.core.errors import TooMany
from campus_service.core.settings import settings
from campus_service.notifications import inbound

log = structlog.get_logger(__name__)

# One photo of 8 MiB is 11 MiB in base64.
MAX_BYTES = 12 * 1024 * 1024
MAX_RECIPIENTS = 5
MAX_CONNECTIONS = 20
# A command, or the whole of a mail's text, must have come within COMMAND_S; a connection ends after CONNECTION_S.
COMMAND_S = 120.0
CONNECTION_S = 600.0
MAX_COMMANDS = 100
WRITERS = 2

# How aiosmtpd tells MAIL FROM:<>.
_NOBODY = (None, "", "<>")
_NO_SUCH_ADDRESS = "550 5.1.1 No such address here: please answer a mail of ours, or write to us on the site"


class Listener:
    """The server of one application, in a thread of its own.

    ``command_s``: within how many seconds a command, or the whole text of a mail, must have come;
    ``connection_s``: after how many a connection ends.
    """

    def __init__(
        self, app: Flask, *, command_s: float = COMMAND_S, connection_s: float = CONNECTION_S
    ) -> None:
        with app.app_context():
            self.host, self.port = settings().inbound_host, settings().inbound_port
        self._pool = ThreadPoolExecutor(WRITERS, "inbound")
        self._handler = _Handler(app, self._pool)
        self._command_s, self._connection_s = command_s, connection_s
        self._connections: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._listening: Future[None] = Future()
        self._thread = Thread(target=self._serve, name="inbound mail", daemon=True)

    def start(self) -> None:
        """Listen from now on; raises OSError when the port cannot be had."""
        self._thread.start()
        self._listening.result()

    def stop(self) -> None:
        """Listen no longer; a mail that is being stored is stored first, its sender may deliver it again."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._pool.shutdown()

    def _serve(self) -> None:
        """All of the loop's life is in this thread: the one that starts us may run a loop of its own."""
        asyncio.set_event_loop(self._loop)
        try:
            server = self._loop.run_until_complete(
                self._loop.create_server(self._connection, self.host, self.port)
            )
        except BaseException as error:  # noqa: BLE001  # it is start's to raise
            self._loop.close()
            self._listening.set_exception(error)
            return
        self._listening.set_result(None)
        self._loop.run_forever()
        server.close()
        for connection in list(self._connections):
            connection.hang_up()
        self._loop.run_until_complete(self._end_conversations())
        self._loop.close()

    async def _end_conversations(self) -> None:
        conversations = asyncio.all_tasks() - {asyncio.current_task()}
        for conversation in conversations:
            conversation.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)
        # Once more around, so that the sockets close.
        await asyncio.sleep(0)

    def _connection(self) -> _Connection:
        return _Connection(
            self._connections,
            self._connection_s,
            self._handler,
            loop=self._loop,
            timeout=self._command_s,
            data_size_limit=MAX_BYTES,
            command_call_limit={"*": MAX_COMMANDS},
            ident="campus-service",
            hostname=self.host,
        )


class _Connection(SMTP):
    """A conversation that cannot last for ever, and one of not too many."""

    def __init__(self, others: set[_Connection], seconds: float, handler: _Handler, **limits: Any) -> None:
        super().__init__(handler, **limits)
        self._others = others
        self._seconds = seconds
        self._end: TimerHandle | None = None
        self._line: Transport | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        assert isinstance(transport, Transport)  # noqa: S101  # for the type checker
        if len(self._others) >= MAX_CONNECTIONS:
            transport.write(b"421 4.3.2 Too many connections, please come back later\r\n")
            transport.close()
            return
        self._others.add(self)
        self._line = transport
        self._end = self.loop.call_later(self._seconds, self.hang_up)
        super().connection_made(transport)

    def hang_up(self) -> None:
        """End it whatever is going on."""
        if self._line:
            self._line.abort()

    def connection_lost(self, error: Exception | None) -> None:
        if self._end is None:
            return
        self._others.discard(self)
        self._end.cancel()
        super().connection_lost(error)


class _Handler:
    """Answers to the commands that matter; the names of the methods are aiosmtpd's."""

    def __init__(self, app: Flask, pool: ThreadPoolExecutor) -> None:
        self._app = app
        self._pool = pool

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        with self._app.app_context():
            known = inbound.read_address(address) is not None
        if not known:
            return _NO_SUCH_ADDRESS
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Say 250 only after the commit; the database must not hold up other conversations."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._store, envelope)

    def _store(self, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)  # noqa: S101  # decode_data is off
        try:
            with self._app.app_context(), transaction():
                inbound.receive(envelope.rcpt_tos, envelope.content, senderless=envelope.mail_from in _NOBODY)
        except TooMany:
            return "452 4.7.1 Too many mails to this address today, please come back tomorrow"
        except Exception as error:  # noqa: BLE001  # whatever ails us, the other server keeps the mail and comes back
            log.warning("a mail could not be stored", error=type(error).__name__)
            return "451 4.3.0 The mail could not be stored, please come back later"
        return "250 2.0.0 Stored"

    async def handle_VRFY(  # noqa: N802
        self, _server: SMTP, _session: Session, _envelope: Envelope, _address: str
    ) -> str:
        return "502 5.5.1 VRFY is not for you"

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours is never the mail's fault."""
        log.warning("inbound mail: fault in a conversation", error=type(error).__name__)
        return "451 4.3.0 Something went wrong here, please come back later"


def start(app: Flask) -> Listener:
    """Listen; raises OSError when the port cannot be had."""
    listener = Listener(app)
    listener.start()
    log.info("inbound mail is taken", host=listener.host, port=listener.port)
    return listener


@contextmanager
def beside_the_worker(app: Flask) -> Iterator[None]:
    """Listen while the block runs, where CAMPUS_INBOUND_PORT says so.

    Of several workers on one machine the first one listens; that must not keep the others from their jobs.
    """
    with app.app_context():
        wanted = bool(settings().inbound_port)
    listener = None
    if wanted:
        try:
            listener = start(app)
        except OSError as error:
            log.warning("inbound mail is not taken by this worker", error=str(error))
    try:
        yield
    finally:
        if listener:
            listener.stop()


def run(app: Flask) -> None:
    """Listen until SIGTERM or SIGINT; raises OSError when the port cannot be had."""
    listener, ended = start(app), Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    listener.stop()
