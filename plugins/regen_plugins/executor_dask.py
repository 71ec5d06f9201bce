"""Executor: chunks run on a Dask cluster: one of this machine, or one that is there already.

Dask's client has threads of its own and stands on asyncio; it is called from worker threads, so that the cycle may run
on any event loop. Workers on this machine are programs of their own, not children by `multiprocessing`: those would run
the main file of a build script again, at the start and whenever one of them dies.

Where a worker dies, every chunk that it held is under suspicion: each is done again with nothing beside it, see
`regen.hooks.culprits`.
"""

from __future__ import annotations

import importlib.util
import logging
import queue
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
from anyio import from_thread, to_thread

from regen.errors import ConfigError, PluginError
from regen.hooks import hookimpl
from regen.hooks.culprits import TRIES, Culprits
from regen.model.settings import PluginSettings
from regen.version import __version__

if TYPE_CHECKING:
    from distributed import Client, Future

C = TypeVar("C")
R = TypeVar("R")
Witness = tuple[tuple[str, bytes], ...]

_CONNECT_S = 15.0  # a scheduler that is there answers in one; workers of this machine start in three
_LOOK_S = 0.05  # how often a thread that waits for results looks whether it is still wanted
_ORPHAN_S = "15s"  # after which a worker ends whose scheduler is gone, because this process was killed


class DaskExecutor:
    """Starts or finds its cluster with the first chunk.

    Args:
        workers: how many processes, where the cluster is one of this machine.
        address: of a scheduler, such as "tcp://10.0.0.5:8786"; None for a cluster of this machine.
    """

    name = "dask"

    def __init__(self, workers: int, address: str | None) -> None:
        self.workers = workers
        self._address = address
        self._client: Client | None = None
        self._cluster: Any = None
        self._starting = anyio.Lock()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Close the cluster of this machine, or the connection to another one, at the end.

        Raises:
            ConfigError: Dask is not installed.
        """
        if importlib.util.find_spec("distributed") is None:
            raise ConfigError(
                'executor = "dask" under [engine] needs Dask, which is not installed',
                hint='run `pip install "regen[dask]"`, or take `executor = "processes"`',
            )
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(self._stop)

    async def map(self, work: Callable[[C], Awaitable[R]], chunks: Sequence[C], done: Callable[[int], None]) -> list[R]:
        """See `regen.hooks.protocols.Executor`.

        Raises:
            PluginError: the cluster cannot be reached, or its workers see other files.
        """
        if not chunks:
            return []
        async with self._starting:
            await to_thread.run_sync(self._start)
        results: dict[int, R] = {}
        suspects: list[int] = []
        async for index, result in self._run(work, chunks):
            if result is None:
                suspects.append(index)
            else:
                results[index] = result[0]
                done(len(results))
        culprits: Culprits[C, R] = Culprits(partial(self._alone, work), "a worker of the Dask cluster")
        for index in sorted(suspects):
            results[index] = await culprits.result(chunks[index], TRIES - 1)
            done(len(results))
        return [results[index] for index in range(len(chunks))]

    async def _alone(self, work: Callable[[C], Awaitable[R]], chunk: C) -> tuple[R] | None:
        """Do a chunk with nothing beside it; None where its worker died."""
        results = [result async for _, result in self._run(work, [chunk])]
        return results[0]

    async def _run(
        self, work: Callable[[C], Awaitable[R]], chunks: Sequence[C]
    ) -> AsyncIterator[tuple[int, tuple[R] | None]]:
        """Results as they come; None for a chunk whose worker died."""
        ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
        futures = await to_thread.run_sync(self._submit, work, chunks, ended)
        try:
            for _ in chunks:
                future, result = await to_thread.run_sync(_next, ended)
                yield futures.pop(future), result
        finally:
            if futures:
                with anyio.CancelScope(shield=True):
                    await to_thread.run_sync(self._cancel, list(futures))

    def _submit(
        self, work: Callable[[C], Awaitable[R]], chunks: Sequence[C], ended: queue.SimpleQueue[Future]
    ) -> dict[Future, int]:
        if self._client is None:
            raise RuntimeError("the executor is not open")
        futures: dict[Future, int] = {}
        for index, chunk in enumerate(chunks):
            witness = _witness(chunk)
            future = self._client.submit(_on_worker, work, chunk, __version__, witness, pure=False, retries=0)
            futures[future] = index
        for future in futures:
            future.add_done_callback(ended.put)
        return futures

    def _cancel(self, futures: list[Future]) -> None:
        if self._client is not None:
            self._client.cancel(futures, force=True)

    def _start(self) -> None:
        if self._client is not None:
            return
        from distributed import Client

        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        where = f"the Dask scheduler at {self._address}" if self._address else "a Dask cluster of this machine"
        try:
            if self._address is None:
                self._cluster = _local_cluster(self.workers)
            place = self._cluster if self._address is None else self._address
            self._client = Client(place, timeout=_CONNECT_S, set_as_default=False)
            self._client.wait_for_workers(1, timeout=_CONNECT_S)
        except (OSError, TimeoutError, ValueError, RuntimeError) as error:
            what = "does not answer" if self._client is None else "has no worker"
            self._stop()
            hint = "see that it runs and `dask_address` under [engine] is right, or leave `dask_address` out"
            raise PluginError(f"{where} {what}: {' '.join(str(error).split())}", hint=hint) from error
        self.workers = max(1, len(self._client.nthreads()))

    def _stop(self) -> None:
        client, cluster, self._client, self._cluster = self._client, self._cluster, None, None
        if client is not None:
            client.close(timeout=_CONNECT_S)
        if cluster is not None:
            cluster.close(timeout=_CONNECT_S)


def _local_cluster(workers: int) -> Any:
    from distributed import Scheduler, SpecCluster
    from distributed.deploy.subprocess import SubprocessWorker

    quiet = {"silence_logs": logging.CRITICAL, "death_timeout": _ORPHAN_S, "dashboard": False}
    worker = {
        "cls": SubprocessWorker,
        "options": {"worker_kwargs": {"host": "127.0.0.1", "nthreads": 1, **quiet}},
    }
    scheduler = {
        "cls": Scheduler,
        # The first death of a worker is told at once: who is to blame is found out here.
        "options": {"host": "127.0.0.1", "port": 0, "dashboard": False, "allowed_failures": 0},
    }
    return SpecCluster(dict.fromkeys(range(workers), worker), scheduler, worker, silence_logs=logging.CRITICAL)


def _next(ended: queue.SimpleQueue[Future]) -> tuple[Future, tuple[Any] | None]:
    """The next chunk that ended, with its result; None where its worker died.

    Raises:
        Exception: the chunk's own.
    """
    from distributed import KilledWorker

    while True:
        from_thread.check_cancelled()
        try:
            future = ended.get(timeout=_LOOK_S)
            break
        except queue.Empty:
            continue
    if future.status == "cancelled":
        raise PluginError("the Dask cluster went away in the midst of the work", hint="start it, and run again")
    try:
        return future, (future.result(),)
    except KilledWorker:
        return future, None
    except ImportError as error:
        raise PluginError(
            f"a worker of the Dask cluster cannot import what it needs: {error}",
            hint=f"install regen {__version__} and the project's plugins where the workers run",
        ) from error


def _witness(chunk: object) -> Witness:
    """Files that a worker has to read alike, with what they hold."""
    files = getattr(chunk, "witnesses", ())
    return tuple((str(file), Path(file).read_bytes()) for file in files)


_LANE = ThreadPoolExecutor(max_workers=1)  # one thread does all work of a worker: connections to SQLite stay in theirs


def _on_worker(work: Callable[[Any], Awaitable[Any]], chunk: object, made_by: str, witness: Witness) -> Any:
    """Do a chunk on a worker.

    Raises:
        PluginError: the worker has another regen, or other files.
    """
    if made_by != __version__:
        raise PluginError(
            f"a worker of the Dask cluster has regen {__version__}, this is regen {made_by}",
            hint="install the same version on both sides",
        )
    for file, content in witness:
        try:
            same = Path(file).read_bytes() == content
        except OSError:
            same = False
        if not same:
            raise PluginError(
                f"a worker of the Dask cluster does not see the project: {file} is missing or another one there",
                hint="workers on other machines need the project's folder under the same path, as by a shared disk",
            )
    return _LANE.submit(anyio.run, work, chunk).result()


class ExecutorDask:
    """Knows the address that the project names."""

    def __init__(self) -> None:
        self._address: str | None = None

    @hookimpl
    def regen_configure(self, settings: PluginSettings) -> None:
        """Take the address."""
        self._address = settings.dask_address

    @hookimpl
    def regen_executor(self, name: str, workers: int) -> DaskExecutor | None:
        """Answer to "dask"."""
        return DaskExecutor(workers, self._address) if name == "dask" else None
