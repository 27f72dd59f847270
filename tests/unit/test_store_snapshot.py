"""Snapshots: pinned, loaded once, in one order; filters and facets over metadata."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from retrieval.errors import CollectionMissingError
from retrieval.store import Snapshot, Store
from retrieval.store.filters import label, split_label
from retrieval.types import Chunk, Document
from tests.conftest import TinyEncoder

METADATA = (
    {"kind": "leaflet", "lang": "en"},
    {"kind": "advice", "lang": "en"},
    {"kind": "it's", "lang": "de"},
    {"kind": 'a "quote" \\', "odd=field": "x=y", "source": "no column"},
    {},
)


@pytest.fixture
def snapshot(store: Store, tiny_encoder: TinyEncoder) -> Snapshot:
    collection = store.create("c", tiny_encoder)
    # One commit each, so that the rows lie in several files.
    for number, metadata in enumerate(METADATA):
        one = Document(f"d{number}", "", f"text {number}", f"it's {number % 2}", metadata=metadata)
        chunk = Chunk(
            id=Chunk.make_id(one.id, 0, 6, one.text),
            document_id=one.id,
            ordinal=0,
            text=one.text,
            start=0,
            end=6,
            source=one.source,
            page=number or None,
            heading=("a", "b")[:number],
            metadata=metadata,
        )
        collection.replace([one], [chunk], tiny_encoder.encode_documents([one.text]))
    return collection.snapshot()


def passing(snapshot: Snapshot, *wanted: tuple[str, str]) -> set[str]:
    mask = snapshot.mask(wanted)
    assert mask is not None
    assert mask.shape == (len(snapshot),)
    return {one for one, passes in zip(snapshot.document_ids, mask, strict=True) if passes}


def test_all_sequences_follow_one_order(snapshot: Snapshot, tiny_encoder: TinyEncoder) -> None:
    chunks = snapshot.chunks(snapshot.ids)
    assert tuple(chunks) == snapshot.ids
    assert tuple(chunk.text for chunk in chunks.values()) == snapshot.texts
    assert tuple(chunk.document_id for chunk in chunks.values()) == snapshot.document_ids
    expected = tiny_encoder.encode_documents(snapshot.texts)
    np.testing.assert_array_equal(snapshot.matrix, expected)
    assert snapshot.matrix.dtype == np.float32
    assert snapshot.matrix.flags.c_contiguous


def test_chunks_come_in_the_order_asked_for_and_whole(snapshot: Snapshot) -> None:
    wanted = snapshot.ids[3], snapshot.ids[0], snapshot.ids[2]
    chunks = snapshot.chunks(wanted)
    assert tuple(chunks) == wanted
    by_document = {chunk.document_id: chunk for chunk in chunks.values()}
    assert by_document["d2"].metadata == METADATA[2]
    assert by_document["d2"].heading == ("a", "b")
    assert (by_document["d0"].page, by_document["d3"].page) == (None, 3)
    assert snapshot.chunks([]) == {}
    with pytest.raises(KeyError):
        snapshot.chunks(["unknown"])


def test_what_was_read_once_is_not_read_again(store: Store, snapshot: Snapshot) -> None:
    second, first, *others = snapshot.ids
    read = snapshot.chunks([first])
    assert list(snapshot.chunks([second, first])) == [second, first]
    store.delete("c")
    assert snapshot.chunks([first]) == read
    with pytest.raises(CollectionMissingError):
        snapshot.chunks([first, *others])


def test_the_same_version_is_the_same_object_and_a_new_one_is_not(
    home: Path, store: Store, snapshot: Snapshot
) -> None:
    collection = store.open("c")
    assert collection.snapshot() is snapshot
    assert collection.snapshot().matrix is snapshot.matrix
    collection.delete_documents(["d0"])
    later = collection.snapshot()
    assert later is not snapshot
    assert later != snapshot
    assert later.key != snapshot.key
    assert len(snapshot.texts) == len(METADATA)
    assert Store(home).open("c").snapshot() == later


def test_the_vectors_cannot_be_changed_by_a_reader(snapshot: Snapshot) -> None:
    with pytest.raises(ValueError, match="read-only"):
        snapshot.matrix[0, 0] = 1


def test_an_empty_filter_is_no_mask(snapshot: Snapshot) -> None:
    assert snapshot.mask(()) is None


def test_values_of_one_field_are_alternatives_and_fields_must_all_hold(snapshot: Snapshot) -> None:
    assert passing(snapshot, ("lang", "en")) == {"d0", "d1"}
    assert passing(snapshot, ("kind", "leaflet"), ("kind", "it's")) == {"d0", "d2"}
    assert passing(snapshot, ("kind", "leaflet"), ("kind", "it's"), ("lang", "de")) == {"d2"}
    assert passing(snapshot, ("lang", "en"), ("source", "it's 0")) == {"d0"}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (("kind", 'a "quote" \\'), {"d3"}),
        (("odd=field", "x=y"), {"d3"}),
        (("odd", "field=x=y"), set()),
        (("source", "it's 1"), {"d1", "d3"}),
        (("source", "no column"), set()),
        (("kind", "' OR '1'='1"), set()),
        (("kind']) OR true --", "x"), set()),
        (("source", "x') OR ('a'='a"), set()),
    ],
)
def test_quotes_in_a_filter_are_only_characters(
    snapshot: Snapshot, wanted: tuple[str, str], expected: set[str]
) -> None:
    assert passing(snapshot, wanted) == expected


def test_facets_count_the_values_of_each_field(snapshot: Snapshot) -> None:
    facets = snapshot.facets()
    assert facets["source"] == {"it's 0": 3, "it's 1": 2}
    assert facets["lang"] == {"en": 2, "de": 1}
    assert list(facets["lang"]) == ["en", "de"]
    assert facets["odd=field"] == {"x=y": 1}
    assert set(facets) == {"source", "kind", "lang", "odd=field"}


def test_every_facet_selects_as_many_chunks_as_it_counts(snapshot: Snapshot) -> None:
    for field, values in snapshot.facets().items():
        for value, count in values.items():
            assert len(passing(snapshot, (field, value))) == count


@given(st.text(), st.text())
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_label_tells_its_field_and_value(field: str, value: str) -> None:
    assert split_label(label(field, value)) == (field, value)
