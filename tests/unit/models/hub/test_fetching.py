from __future__ import annotations

import errno
import hashlib
import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from retrieval.errors import CancelledError, FetchError, ModelError, StorageError
from retrieval.models.cards import find_card
from retrieval.models.folder import Kind
from retrieval.models.hub.download import Patience
from retrieval.models.hub.fetching import Line, fetch, remove
from retrieval.models.hub.places import cached, folder_of
from retrieval.models.loading import Models
from retrieval.progress import Transfer
from retrieval.settings import settings
from tests.families import FAMILIES, add_pooling, save_family
from tests.hub_server import TINY as ID
from tests.hub_server import Hub
from tests.tiny import save_cross_encoder, save_encoder

QUICK = Line(patience=Patience(attempts=3, wait=0.01, silence=2.0))


def same(one: Path, other: Path) -> bool:
    return all(
        (other / path.relative_to(one)).read_bytes() == path.read_bytes()
        for path in one.rglob("*")
        if path.is_file()
    )


def part_of(home: Path) -> Path:
    return folder_of(home, ID).with_name("tiny--encoder.part") / "model.safetensors.part"


def test_a_model_arrives_whole_and_serves(hub: Hub, home: Path, tiny_folder: Path) -> None:
    assert find_card(ID, "encoder").state == "to fetch"

    folder = fetch(ID, "encoder", home, QUICK)

    assert same(tiny_folder, folder)
    card = find_card(ID, "encoder")
    assert (card.state, card.path, card.dimension) == ("here", folder, 16)
    expected = Models().encoder(str(tiny_folder)).encode_documents(["the dog"])
    np.testing.assert_array_equal(Models().encoder(ID).encode_documents(["the dog"]), expected)


def test_what_is_here_is_not_asked_for_again(hub: Hub, home: Path) -> None:
    fetch(ID, "encoder", home, QUICK)
    hub.asked.clear()

    fetch(ID, "encoder", home, QUICK)

    assert hub.asked == []


def test_progress_ends_at_all_bytes(hub: Hub, home: Path, tiny_folder: Path) -> None:
    told: list[Transfer] = []

    fetch(ID, "encoder", home, Line(told.append, patience=QUICK.patience))

    total = sum(path.stat().st_size for path in tiny_folder.rglob("*") if path.is_file())
    assert [one.bytes for one in told] == sorted(one.bytes for one in told)
    assert (told[-1].bytes, told[-1].total_bytes, told[-1].fraction) == (total, total, 1.0)
    assert told[-1].seconds_left == 0


def test_a_few_cuts_are_mended_without_a_word(hub: Hub, home: Path, tiny_folder: Path) -> None:
    hub.faults.cuts = 2

    folder = fetch(ID, "encoder", home, QUICK)

    assert same(tiny_folder, folder)
    assert hub.ranges().count("") < len(hub.ranges())


def test_a_line_that_dies_at_90_percent_is_told_and_resumed_from_there(
    hub: Hub, home: Path, tiny_folder: Path
) -> None:
    hub.faults.cut_at = 0.9
    with pytest.raises(FetchError, match="broke off at 90%") as caught:
        fetch(ID, "encoder", home, QUICK)
    assert "\n" not in caught.value.message
    assert find_card(ID, "encoder").state == "to fetch"
    have = part_of(home).stat().st_size
    hub.behave()
    hub.asked.clear()
    told: list[Transfer] = []

    folder = fetch(ID, "encoder", home, Line(told.append, patience=QUICK.patience))

    assert set(hub.ranges()) == {f"bytes={have}-"}
    assert told[0].begun_with >= have
    assert same(tiny_folder, folder)


def test_a_stopped_fetch_keeps_what_arrived(hub: Hub, home: Path, tiny_folder: Path) -> None:
    arrived: list[Transfer] = []

    def stops() -> bool:
        return bool(arrived) and arrived[-1].current == "model.safetensors"

    with pytest.raises(CancelledError):
        fetch(ID, "encoder", home, Line(arrived.append, stops, QUICK.patience))
    assert part_of(home).exists()

    assert same(tiny_folder, fetch(ID, "encoder", home, QUICK))


def test_a_stop_is_heard_while_waiting_for_another_attempt(hub: Hub, home: Path) -> None:
    hub.faults.cut_at = 0.5
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()

    with pytest.raises(CancelledError):
        fetch(ID, "encoder", home, Line(cancelled=stop.is_set, patience=Patience(9, 60.0, 2.0)))


def test_a_slow_hub_is_waited_for(hub: Hub, home: Path, tiny_folder: Path) -> None:
    hub.faults.slow = 0.05

    assert same(tiny_folder, fetch(ID, "encoder", home, QUICK))


def test_a_silent_hub_is_given_up(hub: Hub, home: Path) -> None:
    hub.faults.slow = 5.0

    with pytest.raises(FetchError, match="no byte came"):
        fetch(ID, "encoder", home, Line(patience=Patience(2, 0.01, 0.2)))


def test_another_file_under_the_same_name_is_thrown_away(hub: Hub, home: Path) -> None:
    hub.faults.wrong_bytes = True
    with pytest.raises(FetchError, match="another hash"):
        fetch(ID, "encoder", home, QUICK)

    assert not part_of(home).exists()
    assert find_card(ID, "encoder").state == "to fetch"


def test_a_damaged_beginning_is_found_at_the_end(hub: Hub, home: Path, tiny_folder: Path) -> None:
    hub.faults.cut_at = 0.5
    with pytest.raises(FetchError):
        fetch(ID, "encoder", home, QUICK)
    part = part_of(home)
    part.write_bytes(bytes(part.stat().st_size))
    hub.behave()
    with pytest.raises(FetchError, match="another hash"):
        fetch(ID, "encoder", home, QUICK)

    assert same(tiny_folder, fetch(ID, "encoder", home, QUICK))


def test_a_hub_that_knows_no_ranges_sends_it_all_again(
    hub: Hub, home: Path, tiny_folder: Path
) -> None:
    hub.faults.cut_at = 0.5
    with pytest.raises(FetchError):
        fetch(ID, "encoder", home, QUICK)
    hub.behave()
    hub.faults.ignores_range = True

    assert same(tiny_folder, fetch(ID, "encoder", home, QUICK))


@pytest.mark.parametrize("longer", [0, 3])
def test_a_part_that_is_too_long_is_begun_again(
    hub: Hub, home: Path, tiny_folder: Path, longer: int
) -> None:
    hub.faults.cut_at = 0.5
    with pytest.raises(FetchError):
        fetch(ID, "encoder", home, QUICK)
    hub.behave()
    part_of(home).write_bytes(bytes((tiny_folder / "model.safetensors").stat().st_size + longer))
    if not longer:
        with pytest.raises(FetchError, match="another hash"):
            fetch(ID, "encoder", home, QUICK)

    assert same(tiny_folder, fetch(ID, "encoder", home, QUICK))


def test_what_the_hub_has_changed_since_is_not_glued_together(
    hub: Hub, home: Path, tmp_path: Path
) -> None:
    hub.faults.cut_at = 0.5
    with pytest.raises(FetchError):
        fetch(ID, "encoder", home, QUICK)
    hub.behave()
    newer = save_encoder(tmp_path / "newer", seed=99)
    hub.add(ID, newer)

    assert same(newer, fetch(ID, "encoder", home, QUICK))


@pytest.mark.parametrize(
    ("code", "says"),
    [(401, "no model"), (403, "refused the key"), (404, "no longer"), (500, "500")],
)
def test_a_refused_listing_is_one_clear_line(hub: Hub, home: Path, code: int, says: str) -> None:
    hub.faults.status = {"api": code}

    with pytest.raises(FetchError, match=says) as caught:
        fetch(ID, "encoder", home, QUICK)

    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("code", "says"),
    [(401, "no model"), (403, "refused the key"), (404, "no longer"), (429, "429"), (503, "503")],
)
def test_a_refused_file_is_one_clear_line(hub: Hub, home: Path, code: int, says: str) -> None:
    hub.faults.status = {"model.safetensors": code}

    with pytest.raises(FetchError, match=says) as caught:
        fetch(ID, "encoder", home, QUICK)

    assert "\n" not in caught.value.message


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_hub_that_is_busy_for_a_moment_is_asked_again(
    hub: Hub, home: Path, tiny_folder: Path, code: int
) -> None:
    hub.faults.status, hub.faults.status_times = {"model.safetensors": code}, 2

    assert same(tiny_folder, fetch(ID, "encoder", home, QUICK))


def test_a_refused_key_is_never_shown(
    hub: Hub, home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hub.key = "right"
    monkeypatch.setenv("HF_TOKEN", "hf_wrong-key")

    with pytest.raises(FetchError, match="refused the key") as caught:
        fetch(ID, "encoder", home, QUICK)

    assert "wrong-key" not in f"{caught.value.message} {caught.value.hint} {caplog.text}"


def test_a_key_opens_what_is_private(hub: Hub, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.key = "hf_right"
    monkeypatch.setenv("HF_TOKEN", "hf_right")

    folder = fetch(ID, "encoder", home, QUICK)

    assert not any("hf_right" in path.read_text("latin-1") for path in folder.glob("*.json"))


def test_a_model_that_nobody_knows(hub: Hub, home: Path) -> None:
    with pytest.raises(FetchError, match="knows no model no/such"):
        fetch("no/such", "encoder", home, QUICK)


def test_an_answer_that_is_no_hubs(hub: Hub, home: Path) -> None:
    hub.faults.nonsense = True

    with pytest.raises(FetchError, match="not a hub's"):
        fetch(ID, "encoder", home, QUICK)


def test_no_network_is_one_line_with_what_serves_instead(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    with pytest.raises(FetchError, match="cannot be reached") as caught:
        fetch(ID, "encoder", home, QUICK)

    assert "the models that are here serve" in caught.value.hint


@pytest.mark.parametrize("variable", ["SECOND_LOOK_OFFLINE", "HF_HUB_OFFLINE"])
def test_a_forbidden_network_is_not_touched(
    hub: Hub, home: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "1")
    settings.cache_clear()

    with pytest.raises(FetchError, match="forbidden"):
        fetch(ID, "encoder", home, QUICK)

    assert hub.asked == []


@pytest.mark.parametrize(
    "model_id",
    [
        "../x",
        "a/../b",
        "a/b/c",
        "/etc/passwd",
        "a\\b",
        "",
        ".",
        "..",
        "a/..",
        "a b",
        "a--b/c",
        "ä/b",
    ],
)
def test_an_id_cannot_leave_its_folder(hub: Hub, home: Path, model_id: str) -> None:
    with pytest.raises(ModelError, match="cannot be the id"):
        fetch(model_id, "encoder", home, QUICK)

    assert hub.asked == []


@pytest.mark.parametrize("name", ["1_X/../../config.json", "../config.json", "/etc/config.json"])
def test_a_file_cannot_leave_its_folder(hub: Hub, home: Path, tmp_path: Path, name: str) -> None:
    """Such names are no files that are wanted; one that looks wanted is refused by name."""
    hub.faults.extra_files = (name,)

    folder = fetch(ID, "encoder", home, QUICK)

    assert folder.is_relative_to(home)
    assert {path.name for path in tmp_path.rglob("config.json")} == {"config.json"}
    assert all(path.is_relative_to(home) for path in tmp_path.rglob("config.json"))


def test_programs_and_pickles_are_left_at_the_hub(hub: Hub, home: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(hub.models[ID].folder, tmp_path / "copy")
    for name in ("modeling_own.py", "pytorch_model.bin", "model.onnx", "handler.py", "x.pt"):
        (folder / name).write_bytes(b"no")
    hub.add(ID, folder)

    fetched = fetch(ID, "encoder", home, QUICK)

    assert {path.suffix for path in fetched.rglob("*") if path.is_file()} == {
        ".json",
        ".safetensors",
    }


def test_a_model_with_a_pickle_only_is_refused(hub: Hub, home: Path, tmp_path: Path) -> None:
    folder = save_encoder(tmp_path / "old")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    hub.add(ID, folder)

    with pytest.raises(FetchError, match="no weights as safetensors"):
        fetch(ID, "encoder", home, QUICK)


def test_the_hubs_own_conversion_serves_where_there_is_a_pickle_only(
    hub: Hub, home: Path, tmp_path: Path, tiny_folder: Path
) -> None:
    old = save_encoder(tmp_path / "old")
    (old / "model.safetensors").rename(old / "pytorch_model.bin")
    hub.add(ID, old, offers=tiny_folder)

    folder = fetch(ID, "encoder", home, QUICK)

    assert same(tiny_folder, folder)
    assert json.loads((folder / "fetched.json").read_text())["converted"] is True


@pytest.mark.parametrize(
    "case", [("encoder", 1, "scores pairs of texts"), ("reranker", 3, "3 labels")]
)
def test_a_model_that_does_not_fit_is_told_of_before_its_weights_are_fetched(
    hub: Hub, home: Path, tmp_path: Path, case: tuple[Kind, int, str]
) -> None:
    kind, labels, says = case
    hub.add("tiny/scorer", save_cross_encoder(tmp_path / "scorer", labels))

    with pytest.raises(ModelError, match=says):
        fetch("tiny/scorer", kind, home, QUICK)

    assert hub.ranges() == []


def test_a_repository_that_is_no_model(hub: Hub, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"0" * 64)
    (folder / "config.json").write_text('{"type": "adapter"}')
    hub.add(ID, folder)

    with pytest.raises(ModelError, match="no model that is run here"):
        fetch(ID, "encoder", home, QUICK)


def test_no_room_is_told_before_anything_is_fetched(
    hub: Hub, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(Path("/"))
    monkeypatch.setattr(
        "retrieval.models.hub.fetching.shutil.disk_usage", lambda _: usage._replace(free=1)
    )

    with pytest.raises(StorageError, match="are free"):
        fetch(ID, "encoder", home, QUICK)

    assert hub.ranges() == []


def test_a_disk_that_fills_up_keeps_what_arrived(
    hub: Hub, home: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("retrieval.models.hub.download._write", full)
        with pytest.raises(StorageError, match="No space left"):
            fetch(ID, "encoder", home, QUICK)

    assert same(tiny_folder, fetch(ID, "encoder", home, QUICK))


def test_two_processes_do_not_fetch_the_same(hub: Hub, home: Path) -> None:
    target = folder_of(home, ID)
    target.parent.mkdir(parents=True)
    with (
        FileLock(target.with_name("tiny--encoder.lock")),
        pytest.raises(FetchError, match="already"),
    ):
        fetch(ID, "encoder", home, QUICK)


def test_a_removed_model_is_to_be_fetched_again(hub: Hub, home: Path) -> None:
    fetch(ID, "encoder", home, QUICK)

    remove(ID, home)

    assert find_card(ID, "encoder").state == "to fetch"
    assert not folder_of(home, ID).exists()


def test_the_hubs_own_library_reads_this_server_and_its_cache_counts(
    hub: Hub, home: Path, tmp_path: Path, tiny_folder: Path
) -> None:
    from huggingface_hub import snapshot_download  # noqa: PLC0415

    assert cached(ID) is None
    place = snapshot_download(ID, endpoint=hub.address, cache_dir=tmp_path / "cache")

    card = find_card(ID, "encoder")
    assert card.state == "cached"
    assert card.path == Path(place)
    expected = Models().encoder(str(tiny_folder)).encode_query("the dog")
    np.testing.assert_array_equal(Models().encoder(ID).encode_query("the dog"), expected)


def test_half_a_snapshot_in_the_cache_does_not_count(hub: Hub, home: Path, tmp_path: Path) -> None:
    from huggingface_hub import snapshot_download  # noqa: PLC0415

    place = snapshot_download(ID, endpoint=hub.address, cache_dir=tmp_path / "cache")
    (Path(place) / "model.safetensors").unlink()

    assert find_card(ID, "encoder").state == "to fetch"


def test_a_family_without_a_fast_tokenizer_is_fetched_with_its_vocabulary(
    hub: Hub, home: Path, tmp_path: Path
) -> None:
    folder = add_pooling(save_family(tmp_path / "old", FAMILIES["Electra"]), "mean")
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    told = json.loads((folder / "tokenizer_config.json").read_text())
    told["tokenizer_class"] = "ElectraTokenizer"
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    hub.add(ID, folder)

    fetch(ID, "encoder", home, QUICK)

    assert np.isfinite(Models().encoder(ID).encode_query("the dog")).all()


def test_the_record_names_commit_and_hashes(hub: Hub, home: Path, tiny_folder: Path) -> None:
    record = json.loads((fetch(ID, "encoder", home, QUICK) / "fetched.json").read_text())

    digests = {one["name"]: one["digest"] for one in record["files"]}
    weights = (tiny_folder / "model.safetensors").read_bytes()
    assert digests["model.safetensors"] == hashlib.sha256(weights).hexdigest()
    assert record["commit"] == hub.models[ID].commit
