"""Receipts: each release has a statement of what it was made from, chained, signed where a key is configured."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cycle_world import PEOPLE, World
from tests.deploy_world import scratch

from regen.cli.main import run
from regen.errors import ConfigError, DeployError
from regen.state import envelope, faults, merkle
from regen.state.blobs import digest_of
from regen.state.opening import read_state
from regen.state.receipts import Listed, digest_of_receipt
from regen.version import __version__

pytestmark = pytest.mark.anyio
NO_KEY = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory."""
    with scratch() as place:
        yield place


@pytest.fixture
def world(folder: Path) -> World:
    """A project that did nothing yet."""
    return World(folder / "project")


def write_key(file: Path, encryption: KeySerializationEncryption | None = None, mode: int = 0o600) -> Path:
    """Write a new private key, and its public half beside it."""
    key = Ed25519PrivateKey.generate()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()))
    file.chmod(mode)
    public = file.with_suffix(".pub.pem")
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return public


def receipt(world: World, number: int) -> tuple[dict[str, Any], dict[str, Any], str]:
    """A release's envelope, its statement, and the digest of the envelope."""
    with read_state(world.root / ".regen") as state:
        assert state is not None
        digest = digest_of_receipt(state.db, "dev", number)
        assert digest is not None
        data = state.blobs.read(digest)
    found = json.loads(data)
    return found, json.loads(base64.b64decode(found["payload"])), digest


def called(*command: str) -> str:
    """What a command prints; it has to succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def change(world: World, name: str) -> None:
    """Another release."""
    world.graph(PEOPLE.replace("Ada", name))
    await world.apply()


async def test_a_receipt_says_what_the_release_was_made_from_and_what_came_out(world: World) -> None:
    await world.apply()
    found, statement, digest = receipt(world, 1)
    assert found["payloadType"] == "application/vnd.in-toto+json"
    assert found["signatures"] == []
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    tree, *subjects = statement["subject"]
    assert {one["name"]: one["digest"]["blake3"] for one in subjects} == {
        path: digest_of(data) for path, data in world.tree().items()
    }
    assert {one["name"]: one["digest"]["sha256"] for one in subjects} == {
        path: sha256(data).hexdigest() for path, data in world.tree().items()
    }
    files = [(path, digest_of(data)) for path, data in world.tree().items()]
    assert tree == {"name": "./", "digest": {"regenTree1": merkle.root_of(files)}}
    predicate = statement["predicate"]
    assert predicate["release"]["number"] == 1
    assert predicate["environment"] == {"name": "dev", "deployer": "workspace", "target": "out"}
    (graph,) = predicate["inputs"]["graphs"]["files"]
    assert graph["name"] == "graphs/people.ttl"
    assert graph["digest"]["blake3"] == digest_of((world.root / "graphs/people.ttl").read_bytes())
    assert [one["name"] for one in predicate["inputs"]["templates"]["files"]] == ["person.j2"]
    assert predicate["tool"]["version"] == __version__
    assert any(one.startswith("deploy_workspace") for one in predicate["tool"]["plugins"])
    assert predicate["chain"]["parent"] is None
    assert base64.b64decode(found["payload"]) == envelope.canonical(statement), "one form only"
    await change(world, "Countess")
    _, second, _ = receipt(world, 2)
    assert second["predicate"]["chain"]["parent"] == digest
    assert [one["name"] for one in second["subject"]] == ["./", "ada.txt"]


async def test_a_receipt_is_printed(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    await world.apply()
    assert run(["show", "1", "--receipt", "-C", str(world.root)]) == 0
    assert json.loads(capsys.readouterr().out) == receipt(world, 1)[0]
    assert run(["show", "2", "--receipt", "-C", str(world.root)]) == 2


async def test_what_goes_and_what_a_person_edited_is_said(world: World) -> None:
    await world.apply()
    world.edit("ada.txt", "two", "mine")
    world.graph(':ada a :Person ; rdfs:label "Countess" .')
    await world.apply()
    _, statement, _ = receipt(world, 2)
    assert statement["predicate"]["removed"] == ["bob.txt"]
    (ada,) = statement["subject"][1:]
    assert ada["annotations"]["base"] != ada["digest"]["blake3"]


async def test_a_rollback_has_a_receipt_with_the_root_of_what_it_restores(world: World) -> None:
    await world.apply()
    await change(world, "Countess")
    async with world.open() as project:
        await project.rollback(1)
    (_, first, _), (_, second, digest), (_, third, _) = (receipt(world, number) for number in (1, 2, 3))
    assert third["subject"][0] == first["subject"][0] != second["subject"][0]
    assert third["predicate"]["release"]["restores"] == 1
    assert third["predicate"]["chain"]["parent"] == digest


async def test_a_release_that_failed_leaves_no_receipt_and_the_old_root(world: World) -> None:
    await world.apply()
    world.graph(PEOPLE.replace("Ada", "Countess"))
    async with world.open() as project:
        faults.arm("EIO@switch.placed")
        try:
            with pytest.raises(DeployError):
                await project.apply()
        finally:
            faults.arm(None)
    await change(world, "Countess")
    (_, _, digest), (_, second, _) = receipt(world, 1), receipt(world, 2)
    assert second["predicate"]["chain"]["parent"] == digest
    files = [(path, digest_of(data)) for path, data in world.tree().items()]
    assert second["subject"][0]["digest"] == {"regenTree1": merkle.root_of(files)}


async def test_openssl_takes_the_signature(world: World, folder: Path) -> None:
    """The key, the encoding that is signed, and the signature are what others make and check."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here")
    key, public = folder / "key.pem", folder / "key.pub.pem"
    called(openssl, "genpkey", "-algorithm", "ed25519", "-out", str(key))
    called(openssl, "pkey", "-in", str(key), "-pubout", "-out", str(public))
    key.chmod(0o600)
    world.write("regen.toml", f'[receipts]\nkey = "{key}"\n')
    await world.apply()
    found, _, _ = receipt(world, 1)
    payload = base64.b64decode(found["payload"])
    (signature,) = found["signatures"]
    signed, written = folder / "signed", folder / "signature"
    signed.write_bytes(b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(payload), payload))
    written.write_bytes(base64.b64decode(signature["sig"]))
    names = ("-inkey", str(public), "-in", str(signed), "-sigfile", str(written))
    assert "Verified" in called(openssl, "pkeyutl", "-verify", "-pubin", "-rawin", *names)


async def test_a_key_may_come_by_variable_and_have_a_passphrase(
    world: World, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_key(folder / "key.pem", BestAvailableEncryption(b"open sesame"))
    monkeypatch.setenv("REGEN_RECEIPT_KEY", str(folder / "key.pem"))
    with pytest.raises(ConfigError, match="REGEN_RECEIPT_PASSPHRASE"):
        await world.apply()
    monkeypatch.setenv("REGEN_RECEIPT_PASSPHRASE", "open sesame")
    await world.apply()
    assert len(receipt(world, 1)[0]["signatures"]) == 1


@pytest.mark.parametrize(
    "content", [None, b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
async def test_a_key_that_cannot_be_used_stops_before_anything_is_written(world: World, content: bytes | None) -> None:
    world.write("regen.toml", '[receipts]\nkey = "key.pem"\n')
    if content is not None:
        (world.root / "key.pem").write_bytes(content)
    with pytest.raises(ConfigError, match=r"key\.pem"):
        await world.apply()
    assert world.tree() == {}
    write_key(world.root / "key.pem")
    await world.apply()
    assert set(world.tree()) == {"ada.txt", "bob.txt"}


async def test_a_key_that_others_may_read_is_warned_of(world: World) -> None:
    write_key(world.root / "key.pem", mode=0o640)
    world.write("regen.toml", '[receipts]\nkey = "key.pem"\n')
    applied = await world.apply()
    assert [one.gate for one in applied.plan.findings if one.severity == "warning"] == ["receipts"]
    (world.root / "key.pem").chmod(0o600)
    assert not (await world.apply()).plan.findings


async def test_a_prune_keeps_the_receipts_of_releases_that_stay(world: World) -> None:
    for name in ("Countess", "Lady", "Ada"):
        await change(world, name)
    async with world.open() as project:
        await project.prune(keep_releases=2)
    assert receipt(world, 2)[1]["predicate"]["release"]["number"] == 2
    assert receipt(world, 3)[1]["predicate"]["release"]["number"] == 3


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.text("ab/ ", max_size=3), st.sampled_from(["00", "11", None])), max_size=30))
def test_a_list_that_is_kept_up_is_the_one_that_is_made_anew(steps: list[tuple[str, str | None]]) -> None:
    """None: the name goes."""
    listed, known = Listed(()), dict[str, str]()
    for name, digest in steps:
        if digest is not None:
            known[name] = digest
            listed.put(name, digest)
        elif known.pop(name, None) is not None:
            listed.drop(name)
    materials = listed.materials()
    assert materials == Listed(known.items()).materials()
    assert materials.files == tuple(sorted(known.items()))
