from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from retrieval.models.backends.choice import find_backend
from retrieval.models.backends.openvino import OpenVinoBackend
from retrieval.models.backends.short_rows import WIDTHS, Compiled, ShortRows
from retrieval.models.encoder import BiEncoder
from retrieval.models.loading import Models
from tests.tiny import save_cross_encoder, save_encoder

SHORT, LONGER = "the dog bit the man", " ".join(["the dog bit the man"] * 5)


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_encoder(tmp_path_factory.mktemp("encoder")))


def encoder_on(backend: str, folder: str, threads: int | None = None) -> BiEncoder:
    if not find_backend(backend).is_available:
        pytest.skip(find_backend(backend).obstacle())
    made = Models(backend=backend, threads=threads).encoder(folder)
    assert isinstance(made, BiEncoder)
    return made


def short_rows_of(encoder: BiEncoder) -> ShortRows:
    backend = encoder._reader._network._backend
    assert isinstance(backend, OpenVinoBackend)
    assert backend._short_rows is not None
    return backend._short_rows


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("backend", ["openvino-bf16", "openvino-f32"])
@pytest.mark.parametrize(("text", "width"), [(SHORT, 16), (LONGER, 32)])
def test_a_question_has_one_vector_whichever_network_reads_it(
    backend: str, text: str, width: int, encoder_folder: str
) -> None:
    encoder = encoder_on(backend, encoder_folder)
    rows = short_rows_of(encoder)

    first = encoder.encode_query(text)
    assert rows._ready == {}
    encoder.encode_query(text)
    until(lambda: width in rows._ready)
    later = encoder.encode_query(text)

    np.testing.assert_array_equal(later, first)
    np.testing.assert_array_equal(encoder.encode_documents([text])[0], first)
    assert rows._ready[width]._requests, "the network for short rows has not been asked"


def test_one_question_compiles_nothing(encoder_folder: str) -> None:
    encoder = encoder_on("openvino-f32", encoder_folder)

    encoder.encode_query(SHORT)

    assert short_rows_of(encoder)._asked[16] == 1
    assert short_rows_of(encoder)._ready == {}


@pytest.mark.parametrize(("given", "taken"), [(1, 1), (2, 2), (4, 2)])
def test_a_question_takes_two_cores_and_no_more_than_were_given(
    given: int, taken: int, encoder_folder: str
) -> None:
    encoder = encoder_on("openvino-f32", encoder_folder, threads=given)
    rows = short_rows_of(encoder)

    for _ in range(2):
        encoder.encode_query(SHORT)
    until(lambda: 16 in rows._ready)

    assert rows._ready[16]._compiled.get_property("INFERENCE_NUM_THREADS") == taken


def test_rows_of_other_shapes_are_not_meant() -> None:
    rows = ShortRows(model=None, settings={})

    assert rows.find(2, WIDTHS[0]) is None
    assert rows.find(1, WIDTHS[-1] + 16) is None
    assert not rows._asked


def test_where_it_cannot_be_compiled_the_network_for_all_shapes_goes_on(
    encoder_folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = encoder_on("openvino-f32", encoder_folder)
    first = encoder.encode_query(SHORT)
    tried = []

    def no_room(*_: object) -> None:
        tried.append(True)
        raise MemoryError("no room")

    monkeypatch.setattr(Compiled, "__init__", no_room)
    encoder.encode_query(SHORT)
    until(lambda: bool(tried))

    np.testing.assert_array_equal(encoder.encode_query(SHORT), first)
    assert short_rows_of(encoder)._ready == {}


def test_the_reranker_reads_many_rows_and_gets_none(tmp_path: Path) -> None:
    folder = str(save_cross_encoder(tmp_path / "reranker"))
    reranker = Models(backend="openvino-f32").reranker(folder)

    assert reranker._network._backend._short_rows is None  # type: ignore[attr-defined]
