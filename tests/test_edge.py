"""An edge receives releases whole and checked, goes back by itself, and loses nobody's edit."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from tests.edge_world import Fleet, make_fleet
from tests.test_receipts import write_key

from regen.cli.main import run
from regen.errors import DeployError, HubError, LockedError, ReleaseError, StateError, UsageError
from regen.fleet.opening import Held
from regen.fleet.status import status
from regen.fleet.way import asked_for
from regen.model.fleet import HubFile, Manifest, ManifestDelta, Offered, Offers
from regen.model.rollout import Rollout, RolloutState
from regen.state import edge, faults, outbox, releases, rollouts
from regen.state.blobs import digest_of
from regen.state.db import Database
from regen.state.envelope import PAYLOAD_TYPE, enclosed, opened

pytestmark = pytest.mark.anyio


@pytest.fixture
async def fleet(tmp_path: Path) -> Fleet:
    """A hub with one release, and an edge that has none."""
    return await make_fleet(tmp_path)


async def test_a_release_comes_whole_and_the_hub_is_told(fleet: Fleet) -> None:
    found = await fleet.sync()
    assert fleet.stands() == fleet.hub.tree()
    assert found.deployed is not None
    assert (found.deployed.hub, found.waiting) == (1, 0)
    assert fleet.kinds() == ["deployed"]
    node = fleet.node()
    assert (node.name, node.release, node.pending, node.messages) == ("e1", 1, 0, 1)
    (fleet.site / "ada.txt").unlink()
    await fleet.sync()
    assert fleet.node().pending == 0  # what waited when it came has come


async def test_a_second_round_asks_for_nothing_that_is_here(fleet: Fleet) -> None:
    await fleet.sync()
    fleet.way.calls.clear()
    found = await fleet.sync()
    assert found.deployed is None
    assert fleet.way.calls == ["report", "offers 1"]


async def test_only_blobs_that_are_lacking_are_fetched(fleet: Fleet) -> None:
    await fleet.sync()
    await fleet.release("Ada Lovelace")
    fleet.way.calls.clear()
    await fleet.sync()
    assert fleet.stands() == fleet.hub.tree()
    fetched = [call for call in fleet.way.calls if call.startswith("fetch")]
    assert len(fetched) == 2  # the receipt, and the one file that changed


async def test_small_files_come_many_at_once_and_are_checked_one_by_one(fleet: Fleet) -> None:
    fleet.way.bundles = True
    fleet.bent("bundle", lambda found: [cast("list[bytes]", found)[0].replace(b"e", b"3")])
    with pytest.raises(ReleaseError, match="have another digest"):
        await fleet.sync()
    assert not fleet.site.exists()
    fleet.bent("bundle", lambda found: cast("list[bytes]", found)[:1])  # the others are asked for again
    await fleet.sync()
    assert fleet.stands() == fleet.hub.tree()
    assert [call for call in fleet.way.calls if call.startswith("bundle")] == ["bundle 2", "bundle 2", "bundle 1"]


async def test_a_list_of_files_comes_by_what_changed_and_whole_where_that_does_not_fit(fleet: Fleet) -> None:
    fleet.way.deltas = True
    await fleet.sync()
    fleet.hub.graph(':ada a :Person ; rdfs:label "A." .\n:eve a :Person ; rdfs:label "E." .\n')
    await fleet.hub.apply()
    await fleet.sync()
    assert [call for call in fleet.way.calls if call.startswith(("delta", "manifest"))] == ["manifest 1", "delta 1 2"]
    assert fleet.stands() == fleet.hub.tree()
    for what in ("less", "more", "nonsense"):
        await fleet.release(f"Ada {what}")
        if what == "less":
            fleet.bent("delta", lambda found: replace(cast("ManifestDelta", found), files=()))
        elif what == "more":
            fleet.bent("delta", lambda found: replace(cast("ManifestDelta", found), removed=("bob.txt",)))
        else:
            (fleet.edge / ".regen/manifest.json").write_text("[")
        fleet.way.calls.clear()
        await fleet.sync()
        assert any(call.startswith("manifest") for call in fleet.way.calls), what
        assert fleet.stands() == fleet.hub.tree()


async def test_a_hub_that_is_too_busy_is_asked_again_after_a_while(fleet: Fleet) -> None:
    left = ["offers", "fetch"]

    def bend(name: str, answer: object) -> object:
        if name in left:
            left.remove(name)
            raise HubError("too many", hint="", status=429, retry_after_s=0.01)
        return answer

    fleet.way.bend = bend
    await fleet.sync()
    assert not left
    assert fleet.stands() == fleet.hub.tree()


async def test_what_is_gone_on_the_hub_goes_here(fleet: Fleet) -> None:
    await fleet.sync()
    fleet.hub.graph(':ada a :Person ; rdfs:label "Ada" .\n')
    await fleet.hub.apply()
    await fleet.sync()
    assert list(fleet.stands()) == ["ada.txt"] == list(fleet.hub.tree())


async def test_a_rollback_on_the_hub_is_a_newer_release_here(fleet: Fleet) -> None:
    await fleet.sync()
    before = fleet.stands()
    await fleet.release("Ada Lovelace")
    await fleet.sync()
    async with fleet.hub.open() as project:
        await project.rollback()
    found = await fleet.sync()
    assert found.deployed is not None
    assert (found.deployed.hub, found.deployed.restores) == (3, 1)
    assert fleet.stands() == before


async def test_a_cut_download_goes_on_where_it_ended_and_nothing_half_is_deployed(fleet: Fleet) -> None:
    fleet.way.piece = 7
    with pytest.raises(HubError, match="cut off"):
        await fleet.sync()
    assert not fleet.site.exists()
    fleet.way.calls.clear()
    rounds = 0
    while not fleet.site.exists():
        rounds += 1
        try:
            await fleet.sync()
        except HubError:
            fleet.way.piece = 400
    starts = [int(call.split()[2]) for call in fleet.way.calls if call.startswith("fetch")]
    assert any(starts)  # it did not begin again
    assert fleet.stands() == fleet.hub.tree()
    assert not list((fleet.edge / ".regen/incoming").iterdir())


def _tampered_blob(fleet: Fleet) -> None:
    fleet.bent("fetch", lambda data: cast("bytes", data).replace(b"Ada", b"Eve"))


def _another_digest(fleet: Fleet) -> None:
    def change(found: object) -> object:
        manifest = cast("Manifest", found)
        first, *rest = manifest.files
        return replace(manifest, files=(replace(first, digest=digest_of(b"evil")), *rest))

    fleet.bent("manifest", change)


def _one_file_less(fleet: Fleet) -> None:
    fleet.bent("manifest", lambda found: replace(cast("Manifest", found), files=cast("Manifest", found).files[1:]))


def _one_file_more(fleet: Fleet) -> None:
    def change(found: object) -> object:
        manifest = cast("Manifest", found)
        return replace(manifest, files=(*manifest.files, HubFile("x", digest_of(b"x"), 0o644)))

    fleet.bent("manifest", change)


def _a_way_out(fleet: Fleet) -> None:
    def change(found: object) -> object:
        manifest = cast("Manifest", found)
        return replace(manifest, files=(*manifest.files, HubFile("../x", digest_of(b"x"), 0o644)))

    fleet.bent("manifest", change)


def _another_receipt(fleet: Fleet) -> None:
    def change(data: object) -> object:
        envelope = opened(cast("bytes", data)) if PAYLOAD_TYPE.encode() in cast("bytes", data) else None
        if envelope is None:
            return data
        return enclosed(envelope.payload.replace(b'"complete":true', b'"complete":false'))

    fleet.bent("fetch", change)


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (_tampered_blob, "have another digest"),
        (_another_digest, "not the one that its receipt vouches for"),
        (_one_file_less, "not the one that its receipt vouches for"),
        (_one_file_more, "not the one that its receipt vouches for"),
        (_a_way_out, "cannot stand in a folder"),
        (_another_receipt, "have another digest"),
    ],
)
async def test_what_was_tampered_with_is_refused_and_what_stands_stays(
    fleet: Fleet, tamper: Callable[[Fleet], None], says: str
) -> None:
    await fleet.sync()
    before = fleet.stands()
    await fleet.release("Ada L.")
    tamper(fleet)
    with pytest.raises(ReleaseError, match=says):
        await fleet.sync()
    assert fleet.stands() == before
    assert status(fleet.edge).release == 1
    fleet.way.bend = lambda _, answer: answer
    await fleet.sync()
    assert fleet.stands() == fleet.hub.tree()


async def test_a_trusted_key_is_asked_for_and_a_wrong_one_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    public = write_key(tmp_path / "keys/release.pem")
    other = write_key(tmp_path / "keys/other.pem")
    fleet.settings(f'trust = ["{public}"]')
    with pytest.raises(ReleaseError, match="signed by no key that this edge trusts"):
        await fleet.sync()  # release 1 is not signed
    fleet.hub.write("regen.toml", f'[receipts]\nkey = "{tmp_path / "keys/release.pem"}"\n')
    await fleet.release("Ada L.")
    fleet.settings(f'trust = ["{other}"]')
    with pytest.raises(ReleaseError, match="signed by no key that this edge trusts"):
        await fleet.sync()
    assert not fleet.site.exists()
    fleet.settings(f'trust = ["{public}"]')
    found = await fleet.sync()
    assert found.deployed is not None
    assert found.deployed.hub == 2


async def test_a_statement_that_was_changed_after_it_was_signed_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    public = write_key(tmp_path / "keys/release.pem")
    fleet.hub.write("regen.toml", f'[receipts]\nkey = "{tmp_path / "keys/release.pem"}"\n')
    await fleet.release("Ada L.")
    fleet.settings(f'trust = ["{public}"]')
    forged: dict[str, bytes] = {}

    def offers(found: object) -> object:
        (*_, last) = cast("Offers", found).releases
        return replace(cast("Offers", found), releases=(replace(last, receipt=digest_of(forged["receipt"])),))

    def bend(method: str, answer: object) -> object:
        if method == "fetch":
            return forged["receipt"]
        if method == "offers":
            from regen.state.opening import read_state

            with read_state(fleet.hub.root / ".regen") as state:
                assert state is not None
                (*_, last) = cast("Offers", answer).releases
                envelope = json.loads(state.blobs.read(last.receipt))
            payload = base64.b64decode(envelope["payload"]).replace(b"ada.txt", b"eve.txt")
            envelope["payload"] = base64.b64encode(payload).decode()
            forged["receipt"] = json.dumps(envelope).encode()
            return offers(answer)
        return answer

    fleet.way.bend = bend
    with pytest.raises(ReleaseError, match=r"signature of a release by the key .* is wrong"):
        await fleet.sync()
    assert not fleet.site.exists()


async def test_an_older_record_is_a_refused_downgrade(fleet: Fleet) -> None:
    await fleet.release("Ada L.")
    await fleet.sync()
    before = fleet.stands()

    def older(found: object) -> object:
        offers = cast("Offers", found)
        return replace(offers, newest=1, releases=offers.releases[:1])

    fleet.bent("offers", older)
    with pytest.raises(ReleaseError, match="going back to an older record is refused"):
        await fleet.sync()
    assert fleet.stands() == before


def _forget_history(fleet: Fleet) -> None:
    shutil.rmtree(fleet.hub.root / ".regen")
    shutil.rmtree(fleet.hub.root / "regen.lock")
    shutil.rmtree(fleet.hub.root / "out")


async def test_a_history_that_was_replaced_is_refused_until_somebody_says_so(fleet: Fleet, tmp_path: Path) -> None:
    await fleet.sync()
    before = fleet.stands()
    _forget_history(fleet)
    await fleet.release("Another")
    with pytest.raises(ReleaseError, match="has another receipt on the hub"):
        await fleet.sync()
    await fleet.release("Another one")
    with pytest.raises(ReleaseError, match="another receipt"):
        await fleet.sync()
    assert fleet.stands() == before
    await fleet.work(lambda work: edge.begin_anew(work.state.db))
    await fleet.sync()
    assert fleet.stands() == fleet.hub.tree()


async def test_a_release_that_does_not_follow_from_what_stands_is_refused(fleet: Fleet) -> None:
    await fleet.sync()
    _forget_history(fleet)
    for label in ("One", "Two", "Three"):
        await fleet.release(label)

    def without_the_first(found: object) -> object:
        offers = cast("Offers", found)
        return replace(offers, releases=tuple(one for one in offers.releases if one.number > 1))

    fleet.bent("offers", without_the_first)
    with pytest.raises(ReleaseError, match="does not follow from release 1"):
        await fleet.sync()


async def test_no_edge_takes_what_a_canary_has_not_let_through(fleet: Fleet) -> None:
    with closing(Database(fleet.hub.root / ".regen/state.db")) as database:
        rollouts.write(database, Rollout("dev", 1, None, (), state=RolloutState.PAUSED))
    assert (await fleet.sync()).deployed is None
    with closing(Database(fleet.hub.root / ".regen/state.db")) as database:
        rollouts.write(database, Rollout("dev", 1, None, (), state=RolloutState.COMPLETED))
    assert (await fleet.sync()).deployed is not None


async def test_a_release_with_conflicts_or_a_bad_one_is_not_taken(fleet: Fleet) -> None:
    def change(found: object) -> object:
        offers = cast("Offers", found)
        worse: list[Offered] = [replace(one, complete=False) for one in offers.releases]
        return replace(offers, releases=tuple(worse))

    fleet.bent("offers", change)
    assert (await fleet.sync()).deployed is None
    assert not fleet.site.exists()


async def test_a_full_disk_leaves_what_stands_and_the_next_round_goes_on(fleet: Fleet) -> None:
    await fleet.sync()
    before = fleet.stands()
    await fleet.release("Ada L.")
    for where in ("pull.fetch", "pull.store", "blobs.write", "build.sync", "file.write"):
        faults.arm(f"ENOSPC@{where}*")
        try:
            with pytest.raises((StateError, DeployError), match="No space left"):
                await fleet.sync()
        finally:
            faults.arm(None)
        assert fleet.stands() == before, where
        assert status(fleet.edge).release == 1
    await fleet.sync()
    assert fleet.stands() == fleet.hub.tree()


async def test_offline_it_serves_what_stands_and_goes_back_by_itself(fleet: Fleet) -> None:
    await fleet.sync()
    first = fleet.stands()
    await fleet.release("Ada L.")
    await fleet.sync()
    fleet.refusing(None, "report")
    with pytest.raises(HubError):
        await fleet.sync()
    back = await fleet.back()
    assert (back.left, back.to) == (2, 1)
    assert fleet.stands() == first
    found = status(fleet.edge)
    assert (found.release, found.held, found.reachable, found.depth) == (1, True, False, 1)
    fleet.way.bend = lambda _, answer: answer
    assert (await fleet.sync()).deployed is None  # it went back from release 2, and stays
    assert fleet.kinds() == ["deployed", "deployed", "rolled back"]
    assert fleet.node().release == 1
    await fleet.release("Ada M.")
    await fleet.sync()
    assert status(fleet.edge).release == 3
    assert fleet.stands() == fleet.hub.tree()


async def test_a_download_makes_way_for_a_rollback_and_goes_on_later(fleet: Fleet) -> None:
    await fleet.sync()
    await fleet.release("Ada L.")
    with asked_for(fleet.edge), pytest.raises(LockedError, match="goes on in the next round"):
        await fleet.sync()
    assert status(fleet.edge).release == 1
    await fleet.sync()
    assert status(fleet.edge).release == 2
    with asked_for(fleet.edge):
        os.utime(fleet.edge / ".regen/edge-asked", (1.0, 1.0))  # who asked was killed long ago
        await fleet.sync()


async def test_a_rollback_names_the_hubs_numbers(fleet: Fleet) -> None:
    for label in ("Ada A.", "Ada B."):
        await fleet.release(label)
        await fleet.sync()  # releases 2 and 3 of the hub are 1 and 2 here
    with pytest.raises(UsageError, match="release 1 of the hub never stood on this edge"):
        await fleet.back(1)
    with pytest.raises(UsageError, match="release 3 is what stands now"):
        await fleet.back(3)
    assert (await fleet.back(2)).to == 2
    with pytest.raises(UsageError, match="release 3 is marked bad: this edge went back from it"):
        await fleet.back(3)
    assert (await fleet.back(3, force=True)).to == 3
    with pytest.raises(UsageError, match="release 2 is marked bad"):
        await fleet.back(2)
    assert (await fleet.back(2, force=True)).to == 2
    assert "Ada A." in fleet.stands()["ada.txt"].decode()


async def test_health_that_fails_after_a_deployment_rolls_back_by_itself(fleet: Fleet) -> None:
    fleet.settings("health = \"sh -c '! grep -q Broken $REGEN_TREE/ada.txt'\"")
    await fleet.sync()
    assert status(fleet.edge).healthy
    before = fleet.stands()
    await fleet.release("Broken")
    found = await fleet.sync()
    assert found.back is not None
    assert (found.back.left, found.back.to) == (2, 1)
    assert "exit code 1" in found.back.why
    assert fleet.stands() == before
    assert fleet.kinds() == ["deployed", "health", "deployed", "health", "rolled back"]
    assert fleet.node().release == 1
    assert (await fleet.sync()).deployed is None
    await fleet.release("Mended")
    await fleet.sync()
    assert fleet.stands() == fleet.hub.tree()
    assert fleet.node().healthy


async def test_a_first_release_that_is_not_well_stays_and_is_told(fleet: Fleet) -> None:
    fleet.settings('health = "false"')
    with pytest.raises(UsageError, match="there is no good release before it on this edge"):
        await fleet.sync()
    await fleet.sync()
    assert fleet.node().healthy is False
    assert fleet.stands() == fleet.hub.tree()


async def test_a_health_check_that_was_cut_off_is_made_by_the_next_round_without_a_hub(fleet: Fleet) -> None:
    fleet.settings("health = \"sh -c '! grep -q Broken $REGEN_TREE/ada.txt'\"")
    await fleet.sync()
    await fleet.release("Broken")
    faults.arm("interrupt@edge.deployed")
    try:
        with pytest.raises(KeyboardInterrupt):
            await fleet.sync()
    finally:
        faults.arm(None)
    assert b"Broken" in fleet.stands()["ada.txt"]
    fleet.refusing(None, "report")
    with pytest.raises(HubError):
        await fleet.sync()
    assert b"Broken" not in fleet.stands()["ada.txt"]


async def test_a_deployment_that_fails_is_put_back_and_told_once(fleet: Fleet) -> None:
    await fleet.sync()
    before = fleet.stands()
    await fleet.release("Ada L.")
    fleet.settings(environment='deployer = "releases"\npost = ["false"]')
    for _ in range(2):
        with pytest.raises(DeployError, match="exit code 1"):
            await fleet.sync()
    assert fleet.stands() == before
    assert status(fleet.edge).release == 1
    fleet.settings()
    await fleet.sync()
    assert fleet.kinds() == ["deployed", "failed", "deployed"]


async def test_an_edit_is_sent_up_and_merged_with_the_next_release(fleet: Fleet) -> None:
    fleet.settings(environment='deployer = "workspace"\ntarget = "site/current"')
    await fleet.sync()
    file = fleet.site / "ada.txt"
    file.write_bytes(file.read_bytes().replace(b"three\n", b"three\nmine\n"))
    await fleet.release("Ada Lovelace")
    fleet.refusing(None, "asked")
    with pytest.raises(HubError):
        await fleet.sync()
    assert b"mine" in file.read_bytes()
    fleet.way.bend = lambda _, answer: answer
    found = await fleet.sync()
    assert found.pushed.sent == 2
    assert b"mine" in file.read_bytes()
    assert b"Ada Lovelace" in file.read_bytes()
    assert fleet.kinds() == ["deployed", "edit", "deployed"]
    async with fleet.hub.open() as project:
        (edit,) = project.edge_edits()
        assert (edit.edge, edit.path, edit.release, edit.outcome) == ("e1", "ada.txt", 1, "waits")
        _, done = await project.take_edge_edit(edit.number)
        assert done.outcome == "merged"
        await project.apply()
    assert "mine" in fleet.hub.read("ada.txt")
    assert "Ada Lovelace" in fleet.hub.read("ada.txt")


async def test_an_edit_in_conflict_with_a_release_stays_on_disk_and_is_on_the_hub(fleet: Fleet) -> None:
    fleet.settings(environment='deployer = "workspace"\ntarget = "site/current"')
    await fleet.sync()
    file = fleet.site / "ada.txt"
    mine = file.read_bytes().replace(b"name: Ada", b"name: mine")
    file.write_bytes(mine)
    await fleet.release("Ada Lovelace")
    found = await fleet.sync()
    assert found.deployed is not None
    assert found.deployed.conflicts == ("ada.txt",)
    assert file.read_bytes() == mine
    assert status(fleet.edge).conflicts == 1
    async with fleet.hub.open() as project:
        (edit,) = project.edge_edits()
        _, done = await project.take_edge_edit(edit.number)
        assert done.outcome == "conflict"
        _, done = await project.take_edge_edit(edit.number, how="replace")
        assert done.outcome == "written"
        assert not project.edge_edits()
        (known,) = project.edge_edits(everything=True)
        assert known.outcome == "taken"
    assert "name: mine" in fleet.hub.read("ada.txt")


async def test_a_file_of_somebody_elses_in_the_way_is_left(fleet: Fleet) -> None:
    fleet.settings(environment='deployer = "workspace"\ntarget = "site/current"')
    fleet.site.mkdir(parents=True)
    (fleet.site / "ada.txt").write_bytes(b"not regen's\n")
    (fleet.site / "bob.txt").write_bytes(fleet.hub.tree()["bob.txt"])
    found = await fleet.sync()
    assert found.deployed is not None
    assert found.deployed.conflicts == ("ada.txt",)
    assert fleet.stands()["ada.txt"] == b"not regen's\n"


async def test_a_file_that_is_edited_again_supersedes_what_waits_on_the_hub(fleet: Fleet) -> None:
    fleet.settings(environment='deployer = "workspace"\ntarget = "site/current"')
    await fleet.sync()
    file = fleet.site / "ada.txt"
    before = file.read_bytes()
    for text in (b"one\n", b"two\n"):
        file.write_bytes(before + text)
        await fleet.sync()
        await fleet.sync()  # what did not change is sent once
    (fleet.site / "bob.txt").unlink()
    await fleet.sync()
    assert fleet.kinds() == ["deployed", "edit", "edit", "edit"]
    async with fleet.hub.open() as project:
        gone, changed = project.edge_edits()
        assert (gone.path, gone.digest) == ("bob.txt", None)
        assert changed.digest == digest_of(before + b"two\n")
        with pytest.raises(UsageError, match="was deleted on e1"):
            await project.take_edge_edit(gone.number)
        project.drop_edge_edit(gone.number)
        assert len(project.edge_edits()) == 1


async def test_a_file_that_was_deleted_here_stays_so_and_one_whose_root_is_gone_comes_back(fleet: Fleet) -> None:
    fleet.settings(environment='deployer = "workspace"\ntarget = "site/current"')
    await fleet.sync()
    (fleet.site / "ada.txt").unlink()
    await fleet.release("Ada Lovelace")
    await fleet.sync()
    assert list(fleet.stands()) == ["bob.txt"]
    shutil.rmtree(fleet.site)
    await fleet.release("Ada M.")
    await fleet.sync()
    assert fleet.stands() == fleet.hub.tree()


async def test_a_file_that_can_be_run_can_be_run_here_and_no_other_bit_is_believed(fleet: Fleet) -> None:
    def change(found: object) -> object:
        manifest = cast("Manifest", found)
        return replace(manifest, files=tuple(replace(one, mode=0o6777) for one in manifest.files))

    fleet.bent("manifest", change)
    await fleet.sync()
    assert {file.stat().st_mode & 0o7777 for file in fleet.site.iterdir()} == {0o555}


@pytest.mark.parametrize(
    ("statuses", "state", "attempts"),
    [
        ((409,), "conflict", 0),
        ((422,), "error", 0),
        ((429,), "pending", 0),
        ((500, 501, 500, 500), "pending", 4),
        ((500, 500, 500, 500, 500), "error", 5),
        ((None, 503, 502), "pending", 0),
        ((401, 403, 404), "pending", 0),
    ],
)
async def test_what_the_hub_does_not_take_waits_or_is_a_dead_letter(
    fleet: Fleet, statuses: tuple[int | None, ...], state: str, attempts: int
) -> None:
    for status_code in statuses:
        fleet.refusing(status_code)
        try:
            await fleet.sync()
        except HubError:
            assert status_code in (None, 401, 403, 404, 502, 503)
        await fleet.work(lambda work: work.state.db.execute("UPDATE outbox SET due = 0"))
    rows = await fleet.work(lambda work: work.state.db.execute("SELECT state, attempts FROM outbox"))
    assert rows == [(state, attempts)]
    fleet.way.bend = lambda _, answer: answer
    assert await fleet.work(lambda work: outbox.try_again(work.state.db)) == (state != "pending")
    await fleet.sync()
    assert fleet.kinds() == ["deployed"]
    assert status(fleet.edge).depth == 0


async def test_a_clock_that_went_back_holds_nothing_up(fleet: Fleet) -> None:
    fleet.refusing(None)
    with pytest.raises(HubError):
        await fleet.sync()
    await fleet.work(lambda work: work.state.db.execute("UPDATE outbox SET due = 9e9"))
    fleet.way.bend = lambda _, answer: answer
    await fleet.sync()
    assert fleet.kinds() == ["deployed"]


async def test_a_busy_hub_says_when_it_wants_to_be_asked_again(fleet: Fleet) -> None:
    def bend(name: str, answer: object) -> object:
        if name == "asked":
            raise HubError("busy", hint="", status=429, retry_after_s=3600)
        return answer

    fleet.way.bend = bend
    await fleet.sync()
    fleet.way.bend = lambda _, answer: answer
    await fleet.sync()
    assert fleet.kinds() == []  # an hour is not over
    assert status(fleet.edge).depth == 1


async def test_one_message_that_is_refused_does_not_hold_up_the_others(fleet: Fleet) -> None:
    fleet.refusing(None)
    with pytest.raises(HubError):
        await fleet.sync()
    for number in range(4):
        data = {"number": number}
        await fleet.work(
            lambda work, data=data: outbox.note(work.state.db, "execution", data, at=1.0, release=1)  # type: ignore[misc]
        )
    bad = {1}

    def bend(name: str, answer: object) -> object:
        if name == "asked" and any(json.loads(one.data).get("number") in bad for one in answer):  # type: ignore[attr-defined]
            raise HubError("malformed", hint="", status=400)
        return answer

    fleet.way.bend = bend
    found = await fleet.sync()
    assert (found.pushed.sent, found.pushed.refused) == (4, 1)
    await fleet.sync()
    counts = status(fleet.edge).outbox
    assert counts == {"pending": 0, "synced": 4, "conflict": 0, "error": 1}


async def test_who_replaces_a_read_only_file_has_edited_it(fleet: Fleet) -> None:
    await fleet.sync()
    file = fleet.site / "ada.txt"
    text = file.read_bytes()
    file.unlink()
    file.write_bytes(text.replace(b"three\n", b"three\nmine\n"))
    await fleet.release("Ada Lovelace")
    await fleet.sync()
    assert b"mine" in fleet.stands()["ada.txt"]
    assert b"Ada Lovelace" in fleet.stands()["ada.txt"]
    assert fleet.kinds() == ["deployed", "edit", "deployed"]
    await fleet.sync()
    assert fleet.kinds() == ["deployed", "edit", "deployed"]
    back = await fleet.back()
    assert back.to == 1
    assert b"mine" in fleet.stands()["ada.txt"]


async def test_old_releases_are_forgotten_and_what_stands_is_whole(fleet: Fleet) -> None:
    fleet.settings("keep_releases = 2")
    for number in range(13):
        await fleet.release(f"Ada {number}")
        await fleet.sync()

    def look(work: Held) -> list[int]:
        for digest in releases.reachable(work.state.db):
            work.state.blobs.read(digest)
        return [one.number for one in releases.history(work.state.db, "dev")]

    assert await fleet.work(look) == [13, 12]
    assert fleet.stands() == fleet.hub.tree()
    assert (await fleet.back()).to == 13
    with pytest.raises(UsageError, match="release 2 of the hub never stood on this edge, or is forgotten"):
        await fleet.back(2)


async def test_a_second_edge_of_one_name_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    await fleet.sync()
    other = Fleet(fleet.hub, tmp_path / "other", fleet.way)
    other.settings()
    with pytest.raises(HubError, match="another edge is called 'e1'"):
        await other.sync()
    assert run(["edge", "forget", "e1", "-C", str(fleet.hub.root)]) == 0
    await other.sync()
    assert other.stands() == fleet.hub.tree()


async def test_while_another_command_works_on_an_edge_status_still_answers(fleet: Fleet) -> None:
    await fleet.sync()

    def look(work: object) -> None:
        del work
        assert status(fleet.edge).release == 1

    await fleet.work(look)
