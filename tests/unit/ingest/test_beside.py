from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.errors import CollectionError, SettingsError
from retrieval.ingest.beside import Beside, both_as_dict
from retrieval.ingest.orders import Ingestions, Upload
from retrieval.ingest.sources import Found, from_text
from retrieval.jobs import Jobs
from retrieval.progress import Progress
from retrieval.settings import Chunking
from retrieval.store import Store
from retrieval.store.names import LONGEST_NAME, beside_name, valid_name
from tests.conftest import MAX_TOKENS, TinyEncoder

TEXTS = {
    "plants": "The plant causes sleep. Water helps the plant. A dose helps the cat. " * 3,
    "dogs": "The dog helps. The medicine causes no sleep and no dose helps. " * 3,
}


def files() -> list[Found]:
    return [from_text(text, name) for name, text in TEXTS.items()]


@pytest.fixture
def beside(store: Store) -> Beside:
    first, second = TinyEncoder(0), TinyEncoder(1)
    # Another tokenizer would cut elsewhere, where its own tokens were counted.
    second.tokenizer.enable_padding(length=40)
    return Beside(store, store.create("notes", first, Chunking(16, 0)), first, second)


def test_both_collections_have_the_same_passages_and_vectors_of_their_own(
    store: Store, beside: Beside
) -> None:
    reports = beside.ingest(files)
    first, second = (store.open(report.collection).snapshot() for report in reports)
    assert (first.encoder, second.encoder) == ("tiny-0", "tiny-1")
    assert second.collection == "notes - tiny-1"
    assert len(first) > len(TEXTS)
    assert set(first.ids) == set(second.ids)
    assert not (first.vector(first.ids[0]) == second.vector(first.ids[0])).all()
    report = both_as_dict(reports)
    assert report["collection"] == "notes"
    assert report["beside"]["collection"] == "notes - tiny-1"
    assert report["beside"]["chunks"] == report["chunks"]


def test_progress_goes_once_from_nothing_to_all(beside: Beside) -> None:
    told: list[Progress] = []
    beside.ingest(files, told.append)
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_stopped_after_the_first_the_second_is_not_begun(store: Store, beside: Beside) -> None:
    reports = beside.ingest(files, cancelled=lambda: True)
    assert len(reports) == 1
    assert reports[0].cancelled
    assert len(store.open("notes - tiny-1").snapshot()) == 0


def test_the_same_weights_are_no_comparison(store: Store) -> None:
    one = store.create("notes", TinyEncoder(0), Chunking(16, 0))
    with pytest.raises(CollectionError, match="nothing to compare"):
        Beside(store, one, TinyEncoder(0), TinyEncoder(0))
    assert store.names() == ("notes",)


def test_an_encoder_that_reads_less_says_so_before_anything_is_read(store: Store) -> None:
    one, short = store.create("notes", TinyEncoder(0), Chunking(40, 0)), TinyEncoder(1)
    short.max_tokens = MAX_TOKENS // 2
    with pytest.raises(SettingsError, match="reads at most 30"):
        Beside(store, one, TinyEncoder(0), short)


def test_a_job_of_two_encoders_that_are_one_leaves_no_collection(
    store: Store, tmp_path: Path
) -> None:
    ingestions = Ingestions(
        Jobs(tmp_path / "jobs"), store, lambda _: TinyEncoder(0), tmp_path / "spool"
    )
    upload = Upload("a.txt", b"some text")
    job = ingestions.submit("notes", "one", Chunking(16, 0), uploads=[upload], encoder_2="two")
    done = ingestions._jobs.wait(job.id, 60)
    assert done.state == "failed"
    assert "nothing to compare" in str(done.error)
    assert store.names() == ()


def test_one_job_makes_both_and_runs_again_without_encoding(store: Store, tmp_path: Path) -> None:
    encoders = {f"tiny-{seed}": TinyEncoder(seed) for seed in (0, 1)}
    jobs = Jobs(tmp_path / "jobs")
    ingestions = Ingestions(jobs, store, encoders.__getitem__, tmp_path / "spool")
    uploads = [Upload(f"{name}.txt", text.encode()) for name, text in TEXTS.items()]
    for _ in range(2):
        job = ingestions.submit(
            "notes", "tiny-0", Chunking(16, 0), uploads=uploads, encoder_2="tiny-1"
        )
        done = jobs.wait(job.id, 60)
        assert done.state == "done", done.error
    assert done.result is not None
    assert done.result["unchanged"] == done.result["beside"]["unchanged"] == len(TEXTS)
    read = [len(encoder.texts_read) for encoder in encoders.values()]
    assert read[0] == read[1] == store.open("notes").counts().chunks


@pytest.mark.parametrize(
    ("name", "encoder", "expected"),
    [
        ("notes", "BAAI/bge-m3", "notes - bge-m3"),
        ("notes", "/models/My encoder!/", "notes - My encoder-"),
        ("notes", "C:\\models\\small", "notes - small"),
    ],
)
def test_the_second_is_called_after_both(name: str, encoder: str, expected: str) -> None:
    assert beside_name(name, encoder) == expected


@pytest.mark.parametrize("name", ["x" * LONGEST_NAME, "a b " * 15, "é" * 40])
@pytest.mark.parametrize("encoder", ["y" * 200, "a/" + "b." * 50, "日本語のモデル" * 9])
def test_the_second_name_is_always_allowed(name: str, encoder: str) -> None:
    made = beside_name(name.strip(), encoder)
    assert valid_name(made) == made
