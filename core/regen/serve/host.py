"""Host: the server in a thread of its own, so that neither a long cycle holds up a page nor a page a cycle.

Why a thread and not the watch's event loop: a cycle may keep that loop busy for seconds; and core runs on trio, too,
where uvicorn does not.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address

from regen.errors import UsageError
from regen.serve.desk import Desk
from regen.serve.measuring import measured

_WAITING = 128  # connections that the system keeps waiting
_STOP_S = 5  # for answers that are under way when the server ends
_IN_USE = 98


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Args:
        host: an address, or a name of this machine.
        port: 0: any that is free.

    Raises:
        UsageError: that address or port cannot be had.
    """
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, proto)
    except OSError as error:
        raise UsageError(f"there is no address {host!r}: {error.strerror}", hint="`--host 127.0.0.1`") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_WAITING)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        taken = error.errno == _IN_USE
        hint = "stop it, or choose another one: `--port 0` takes any that is free" if taken else "choose another one"
        why = "another program listens there" if taken else error.strerror
        raise UsageError(f"the server cannot listen on {host} port {port}: {why}", hint=hint) from error
    return listening


def address_of(listening: socket.socket) -> str:
    """The address of the page."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(listening: socket.socket) -> bool:
    """Whether only this machine reaches it."""
    return ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


@dataclass(slots=True)
class _Thread:
    desk: Desk
    listening: socket.socket
    open_reading: bool
    started: threading.Event = field(default_factory=threading.Event)
    loop: asyncio.AbstractEventLoop | None = None
    asked: asyncio.Event | None = None
    failed: BaseException | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits for it
            self.failed = error
        finally:
            self.started.set()

    async def _serve(self) -> None:
        import uvicorn

        from regen.serve.assembled import assembled

        self.loop, self.asked = asyncio.get_running_loop(), asyncio.Event()
        config = uvicorn.Config(
            assembled(self.desk, open_reading=self.open_reading),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            backlog=_WAITING,
            timeout_graceful_shutdown=_STOP_S,
        )
        server = uvicorn.Server(config)
        telling = asyncio.ensure_future(self.desk.live.run())
        keeping = asyncio.ensure_future(self.desk.answers.run())
        serving = asyncio.ensure_future(server.serve(sockets=[self.listening]))
        self.started.set()
        asked = asyncio.ensure_future(self.asked.wait())
        try:
            await asyncio.wait({asked, serving}, return_when=asyncio.FIRST_COMPLETED)
            self.desk.live.close()
            server.should_exit = True
            await serving
        finally:
            for task in (telling, keeping, asked):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    def end(self) -> None:
        """Ask it to end; from any thread."""
        loop, asked = self.loop, self.asked
        if loop is not None and asked is not None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(asked.set)


@contextmanager
def served(desk: Desk, listening: socket.socket, *, open_reading: bool) -> Iterator[None]:
    """Serve while the context is open; its end waits for answers that are under way, streams are cut off.

    Args:
        listening: made by `bound`; it is closed at the end.
        open_reading: whether reading needs no token.
    """
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    thread = _Thread(desk, listening, open_reading)
    running = threading.Thread(target=thread.run, name="regen serve", daemon=True)
    with measured(desk):
        running.start()
        thread.started.wait()
        try:
            yield
        finally:
            thread.end()
            running.join()
            listening.close()
            desk.answers.end()
            desk.readers.close()
    if thread.failed is not None:
        raise thread.failed
