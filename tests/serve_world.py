"""A server of a project, in the test's own process or in one of its own, and a client that asks it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.test_cli import started

from regen.serve.desk import Desk
from regen.serve.host import address_of, bound, served

WAIT_S = 30.0


@dataclass(frozen=True)
class Server:
    """One that answers; `desk` is None where it runs in another process."""

    address: str
    desk: Desk | None = None
    process: subprocess.Popen[str] | None = None

    def client(self, **options: object) -> httpx.Client:
        """A client of it that asks no proxy."""
        return httpx.Client(base_url=self.address, trust_env=False, timeout=WAIT_S, **options)  # type: ignore[arg-type]

    def ready(self) -> None:
        """Return when its first cycle is over."""
        with self.client() as client:
            while client.get("/readyz").status_code != 200:
                assert self.process is None or self.process.poll() is None


@contextmanager
def serving(root: Path, *, open_reading: bool = True) -> Iterator[Server]:
    """Serve a project in this process, beside whoever watches it."""
    listening = bound("127.0.0.1", 0)
    desk = Desk.of(root)
    desk.ready = True
    with served(desk, listening, open_reading=open_reading):
        yield Server(address_of(listening), desk)


@contextmanager
def served_elsewhere(root: Path, *options: str) -> Iterator[Server]:
    """`regen serve` in a process of its own; what it prints first names its address."""
    with started("serve", "--port", "0", *options, cwd=root) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.match(r"serving (http://\S+)", line)
            assert found is not None, line + (process.stderr.read() if process.stderr and process.poll() else "")
            yield Server(found[1], process=process)
        finally:
            process.terminate()
            process.communicate(timeout=WAIT_S)
