"""The Dask executor: the same outputs on a cluster; one artifact that workers die of is named, and fails alone."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.executor_world import (
    DEADLY,
    POISON,
    WAIT_S,
    apply,
    applying,
    interrupted,
    make,
    of_session,
    outputs,
)

from regen import Project
from regen.errors import ConfigError, PluginError
from regen.model.settings import PluginSettings
from regen.model.template import Template
from regen.model.term import Iri
from regen.orchestrator.chunk import Chunk, Job, Made, Produced, Workshop
from regen.version import __version__
from regen_plugins.executor_dask import ExecutorDask, _on_worker

INSTALLED = importlib.util.find_spec("distributed") is not None
needs_dask = pytest.mark.skipif(not INSTALLED, reason="the extra `dask` is not installed")


async def double(number: int) -> int:
    return number * 2


def test_only_its_name_is_answered() -> None:
    plugin = ExecutorDask()
    plugin.regen_configure(PluginSettings(dask_address="tcp://somewhere:1"))
    assert plugin.regen_executor("processes", 2) is None
    assert plugin.regen_executor("dask", 2) is not None


@pytest.mark.anyio
async def test_without_the_extra_one_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "dask", artifacts=1)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError) as error:
        async with Project.open(tmp_path):
            pass
    assert "needs Dask, which is not installed" in error.value.message
    assert 'pip install "regen[dask]"' in (error.value.hint or "")


def test_a_worker_looks_whether_it_sees_the_same_project(tmp_path: Path) -> None:
    """A file under the same path that holds something else is another machine's."""
    lock = tmp_path / "lock"
    lock.write_bytes(b"one")
    assert _on_worker(double, 2, __version__, ((str(lock), b"one"),)) == 4
    for content in (b"another", None):
        lock.write_bytes(content) if content is not None else lock.unlink()
        with pytest.raises(PluginError, match="does not see the project") as error:
            _on_worker(double, 2, __version__, ((str(lock), b"one"),))
        assert "under the same path" in (error.value.hint or "")


def test_a_worker_of_another_version_is_refused() -> None:
    with pytest.raises(PluginError, match=r"has regen .*, this is regen 0\.0\.0"):
        _on_worker(double, 2, "0.0.0", ())


def test_a_chunk_is_the_join_of_its_halves() -> None:
    """And one artifact has none; where it is lost, its error names it."""
    template = Template("a.txt.j2", "templates/a.txt.j2", "a", None, True, (), "", 1, "")
    jobs = tuple(Job(Iri(f"urn:x:{number}"), ()) for number in range(3))
    chunk = Chunk(Workshop("out", ".regen", PluginSettings(), 0.8), template, jobs)
    halves = chunk.halves()
    assert tuple(job for half in halves for job in half.jobs) == jobs
    assert halves[0].halves() == ()
    made = [
        Produced(tuple(Made(job.key) for job in half.jobs), ((1, 2),) * len(half.jobs), 1, 2, (), 7) for half in halves
    ]
    assert [value.key for value in chunk.join(made).made] == [job.key for job in jobs]
    error = halves[0].lost("a worker dies of", "look").made[0].error
    assert error is not None
    assert "a worker dies of a.txt.j2 for <urn:x:0>" in error.message


@needs_dask
@pytest.mark.long
def test_a_cluster_of_this_machine_gives_the_same_outputs_and_is_gone_at_the_end(tmp_path: Path) -> None:
    make(tmp_path, "dask")
    with applying(tmp_path) as process:
        _, err = process.communicate(timeout=WAIT_S)
    assert (process.returncode, err) == (0, "")
    assert outputs(tmp_path) == 450
    assert (tmp_path / "out/7.txt").read_text() == "urn:x:7\n"
    assert of_session(process.pid) == []


@needs_dask
@pytest.mark.long
def test_a_worker_that_is_killed_costs_its_chunk_a_retry(tmp_path: Path) -> None:
    make(tmp_path, "dask", DEADLY)
    (tmp_path / "once").touch()
    done = apply(tmp_path)
    assert done.returncode == 0, done.stderr
    assert outputs(tmp_path) == 450


@needs_dask
@pytest.mark.long
def test_an_artifact_that_kills_every_worker_is_named_alone(tmp_path: Path) -> None:
    make(tmp_path, "dask", POISON.format(keys={"urn:x:237"}, way="segfault"))
    done = apply(tmp_path)
    assert done.returncode == 2
    assert "dies whenever it makes a.txt.j2 for <urn:x:237>" in done.stderr
    assert "more artifacts failed" not in done.stderr
    assert "Traceback" not in done.stderr
    assert outputs(tmp_path) == 0


@needs_dask
@pytest.mark.long
@pytest.mark.parametrize("whole_group", [True, False])
def test_an_interrupt_ends_the_cluster(tmp_path: Path, whole_group: bool) -> None:
    interrupted(tmp_path, "dask", whole_group=whole_group, children=2)


@contextmanager
def cluster(root: Path, workers: int = 1) -> Iterator[str]:
    """A scheduler and a worker of their own, as an operator starts them; gives the address."""
    place = root / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-m", "dask"]
    file = ["--scheduler-file", str(place)]
    started = [
        subprocess.Popen(
            [*command, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", *file], **quiet
        )  # type: ignore[call-overload]
    ]
    try:
        probe = f"from distributed import Client; print(Client(scheduler_file={str(place)!r}).scheduler.address)"
        found = subprocess.run(
            [sys.executable, "-c", probe], capture_output=True, text=True, timeout=WAIT_S, check=True
        )
        more = ["worker", "--nthreads", "2", "--no-dashboard", *file]
        started += [subprocess.Popen([*command, *more], **quiet) for _ in range(workers)]  # type: ignore[call-overload]
        yield found.stdout.strip()
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(timeout=WAIT_S)


@needs_dask
@pytest.mark.long
def test_a_cluster_that_is_there_is_used_and_left_running(tmp_path: Path) -> None:
    """Twice; a worker with several threads does one chunk at a time."""
    with cluster(tmp_path) as address:
        (tmp_path / "project").mkdir()
        make(tmp_path / "project", "dask", more=f'dask_address = "{address}"\n')
        for artifacts in (450, 500):
            lines = "".join(f"<urn:y:more{n}> a <urn:x:C> .\n" for n in range(artifacts - 450))
            (tmp_path / "project/graphs/more.ttl").write_text(lines)
            done = apply(tmp_path / "project")
            assert done.returncode == 0, done.stderr


@needs_dask
@pytest.mark.long
def test_a_scheduler_that_is_not_there_is_one_error(tmp_path: Path) -> None:
    make(tmp_path, "dask", artifacts=1, more='dask_address = "tcp://127.0.0.1:1"\n')
    done = apply(tmp_path)
    assert done.returncode == 2
    assert "the Dask scheduler at tcp://127.0.0.1:1 does not answer" in done.stderr
    assert "Traceback" not in done.stderr


@needs_dask
@pytest.mark.long
def test_an_error_of_a_template_comes_back_as_it_is(tmp_path: Path) -> None:
    make(tmp_path, "dask", "def act(text):\n    raise ValueError('no')\n\n\nFILTERS = {'act': act}\n", artifacts=3)
    done = apply(tmp_path)
    assert done.returncode == 2
    assert "templates/filters.py:2: while rendering <urn:x:0>: ValueError: no (2 more" in done.stderr
