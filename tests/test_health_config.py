"""Probes of the configuration: what does not go together is refused, and so is a promise that cannot be kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from regen.config import load_config
from regen.config.health import probes
from regen.errors import ConfigError
from regen.model.objective import Target
from regen.model.probe import Probe

AUTOMATIC = '[[environment]]\nname = "live"\nrollback = "automatic"\n'


def given(tmp_path: Path, text: str) -> tuple[Probe, ...]:
    for name in ("graphs", "templates"):
        (tmp_path / name).mkdir(exist_ok=True)
    (tmp_path / "regen.toml").write_text(text, "utf-8")
    return probes(load_config(tmp_path))


def probe(tmp_path: Path, keys: str, before: str = "") -> Probe:
    (found,) = given(tmp_path, f'{before}[[probe]]\nname = "p"\n{keys}\n')
    return found


def refused(tmp_path: Path, keys: str, before: str = "") -> str:
    with pytest.raises(ConfigError) as error:
        probe(tmp_path, keys, before)
    return str(error.value)


def test_defaults_come_from_the_engine_and_the_trigger(tmp_path: Path) -> None:
    one = probe(tmp_path, "run = \"test -f 'out/a b.txt'\"", "[engine]\nhealth_check_interval_s = 7\n")
    assert one.run == ("test", "-f", "out/a b.txt")
    assert (one.environment, one.interval_s, one.timeout_s, one.failures) == ("dev", 7.0, 5.0, 3)
    assert (one.trigger, one.target) == ("health_check_failed", None)
    assert probe(tmp_path, 'url = "http://127.0.0.1:1/"').interval_s == 5.0
    assert probe(tmp_path, 'url = "http://h/"\ntarget = "< 2s"').target == Target("<", 2.0, "s")


@pytest.mark.parametrize(
    ("keys", "trigger", "target"),
    [
        ('metric = "error_rate"', "error_rate_exceeded", "< 5%"),
        ('metric = "availability"', "availability_dropped", "> 99%"),
        ('metric = "accuracy"\nurl = "http://h/"', "accuracy_dropped", ">= 80%"),
        ('metric = "latency"\nrun = "x"', "latency_exceeded", "< 500ms"),
        ('url = "http://h/"\ntrigger = "latency_exceeded"', "latency_exceeded", "< 500ms"),
        ('run = "make check"\ntrigger = "test_failed"', "test_failed", "None"),
        ('metric = "queue"\nurl = "http://h/"\ntarget = "< 10"', "health_check_failed", "< 10"),
    ],
)
def test_each_trigger_has_its_threshold(tmp_path: Path, keys: str, trigger: str, target: str) -> None:
    """As docs/health.md has them, unless the probe says otherwise."""
    one = probe(tmp_path, keys)
    assert (one.trigger, str(one.target)) == (trigger, target)


def test_objectives_of_the_project_are_the_thresholds(tmp_path: Path) -> None:
    own = '[[objective]]\nmetric = "error_rate"\nwarning = "1%"\ncritical = "3%"\n'
    assert str(probe(tmp_path, 'metric = "error_rate"', own).target) == "< 3%"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('run = "x"\nurl = "http://h/"', "has `run` and `url`"),
        ("", "asks nothing"),
        ('metric = "accuracy"', "asks nothing"),
        ('run = "x"\nstatus = 200', "`probe.status` is for a probe with `url`"),
        ('url = "http://h/"\npointer = "/a"', "says where a `metric` is"),
        ('url = "http://h/"\nmetric = "error_rate"\npointer = "a"', "no JSON pointer"),
        ('url = "http://h/"\nmetric = "error_rate"\npointer = "/a"\nseries = "b"', "JSON or a page"),
        ('url = "http://h/"\nmetric = "queue"', "has to be is not said"),
        ('url = "http://h/"\ntarget = "fast"', "no target"),
        ('url = "http://h/"\ntarget = "<= +10%"', "has to be absolute"),
        ('url = "ftp://h/"', "no http or https URL"),
        ('url = "http://me:secret@h/"', "holds a name or a password"),
        ('run = "echo \'x"', "cannot be taken apart"),
        ('run = ""', "is empty"),
        ('run = "x"\nenvironment = "prod"', "no environment 'prod'"),
        ('run = "x"\nfailures = 0', "at least 1"),
        ('run = "x"\ntrigger = "helth_check_failed"', 'did you mean "health_check_failed"'),
        ('run = "x"\n[[probe]]\nname = "p"\nrun = "y"', "two [[probe]] named 'p'"),
        ('run = "x"\n[alerts]\nurl = "file:///etc"', "no http or https URL"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, keys: str, said: str) -> None:
    message = refused(tmp_path, keys)
    assert said in message
    assert message.startswith("regen.toml:")
    assert "secret" not in message


def test_a_promise_that_cannot_be_kept_is_refused_with_the_sum(tmp_path: Path) -> None:
    """Interval times failures, the time of the last asking and the way back have to fit into 30 s."""
    assert probe(tmp_path, 'run = "x"', AUTOMATIC).detection_s == 20
    assert probe(tmp_path, 'run = "x"\ninterval_s = 6\ntimeout_s = 2\nfailures = 3', AUTOMATIC)
    message = refused(tmp_path, 'run = "x"\ninterval_s = 10\nfailures = 3', AUTOMATIC)
    assert message.startswith("regen.toml:7: live promises to be rolled back in 30 s")
    assert "interval_s 10 s * failures 3 + timeout_s 5 s + 10 s for the way back = 45 s" in message
    hanging = refused(tmp_path, 'run = "x"\ninterval_s = 1\ntimeout_s = 9', AUTOMATIC)
    assert "timeout_s 9 s * failures 3 + timeout_s 9 s + 10 s for the way back = 46 s" in hanging
    before = AUTOMATIC + 'post = ["make check"]\ntimeout_s = 8\n'
    assert "10 s for the way back + 8 s for `pre` and `post` (1 * timeout_s) = 38 s" in refused(
        tmp_path, 'run = "x"', before
    )
    written = refused(tmp_path, 'run = "x"', f"[engine]\nworkers = 1\n{before}")
    assert written.startswith("regen.toml:8: live promises"), "the probe, where no interval is written"
    assert "give the commands less time" in written
    asks = AUTOMATIC + 'deployer = "bluegreen"\nhealth = "true"\n'
    assert "30 s for `health` of the deployer = 60 s" in refused(tmp_path, 'run = "x"', asks)
    slow = "[engine]\nhealth_check_interval_s = 60\n"
    assert refused(tmp_path, 'run = "x"', slow + AUTOMATIC).startswith("regen.toml:2:")


@pytest.mark.parametrize("kept", ['rollback = "manual"', 'rollback = "none"', 'rollback = "automatic"\npromise_s = 0'])
def test_a_minute_between_is_allowed_where_nothing_is_promised(tmp_path: Path, kept: str) -> None:
    before = f'[engine]\nhealth_check_interval_s = 60\n[[environment]]\nname = "live"\n{kept}\n'
    assert probe(tmp_path, 'run = "x"', before).interval_s == 60
    with pytest.raises(ConfigError, match="at most 60"):
        given(tmp_path, "[engine]\nhealth_check_interval_s = 61\n")


def test_another_promise_is_kept_to_as_well(tmp_path: Path) -> None:
    assert "promises to be rolled back in 20 s" in refused(tmp_path, 'run = "x"', f"{AUTOMATIC}promise_s = 20\n")
    assert probe(tmp_path, 'run = "x"\ninterval_s = 20', f"{AUTOMATIC}promise_s = 80\n").interval_s == 20


def test_probes_of_an_environment_that_is_off_are_left_out(tmp_path: Path) -> None:
    environments = '[[environment]]\nname = "a"\n[[environment]]\nname = "b"\ntarget = "b"\nenabled = false\n'
    assert given(tmp_path, f'{environments}[[probe]]\nname = "p"\nenvironment = "b"\nrun = "x"\n') == ()
