"""A ghost in a collection against the same text really ingested into a copy of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.contrast.ghosts import Encounter, ghost_of, search_with_ghosts
from retrieval.errors import CollectionError
from retrieval.models.loading import Models
from retrieval.settings import STAGE_ORDER, SearchSettings
from retrieval.store import Snapshot, Store
from retrieval.types import Hit, Ranking, Trace
from tests.corpus import PASSAGES, filled
from tests.tiny import save_cross_encoder, save_encoder

QUERY = "which medicine does not cause drowsiness"
TWIN = "loratadine does cause drowsiness"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[Models, str, SearchSettings]:
    base = tmp_path_factory.mktemp("models")
    encoder, reranker = save_encoder(base / "encoder"), save_cross_encoder(base / "reranker")
    return Models(), str(encoder), SearchSettings(reranker=str(reranker), late=str(encoder))


def places(trace: Trace) -> dict[str, list[tuple[int, str]]]:
    return {
        stage: [(hit.rank, trace.chunks[hit.chunk_id].text) for hit in trace.rankings[stage].hits]
        for stage in STAGE_ORDER
    }


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"candidates": 5},
        {"fusion": "weighted", "alpha": 0.3},
        {"filter": (("source", "even.txt"),)},
    ],
    ids=["all candidates", "a small pool", "weighted", "filtered"],
)
def test_a_ghost_ranks_as_the_same_text_ingested(
    tiny: tuple[Models, str, SearchSettings], store: Store, changes: dict[str, object]
) -> None:
    models, encoder_id, asked = tiny
    asked = replace(asked, **changes)  # type: ignore[arg-type]  # by name
    encoder = models.encoder(encoder_id)
    before = filled(store, encoder).snapshot()
    really = filled(store, encoder, (*PASSAGES, TWIN), name="with the twin").snapshot()
    cascade = Cascade(models, Cache())
    ghost = ghost_of(TWIN, f"d{len(PASSAGES):03}")

    found = search_with_ghosts(
        cascade, before, encoder, QUERY, asked, ghosts=[ghost], watched=before.ids
    )
    expected = cascade.search(really, QUERY, asked)
    expected = replace(expected, chunks=really.chunks(really.ids))

    assert places(found) == places(expected)
    for stage in STAGE_ORDER:
        scores = [hit.score for hit in found.rankings[stage].hits]
        assert scores == pytest.approx(
            [hit.score for hit in expected.rankings[stage].hits], abs=1e-5
        )
    assert found.rankings["bm25"].find(ghost.id) is not None


def test_nothing_is_stored(tiny: tuple[Models, str, SearchSettings], store: Store) -> None:
    models, encoder_id, asked = tiny
    encoder = models.encoder(encoder_id)
    collection = filled(store, encoder)
    snapshot = collection.snapshot()
    cascade = Cascade(models, Cache())
    before = cascade.search(snapshot, QUERY, asked)

    search_with_ghosts(cascade, snapshot, encoder, QUERY, asked, ghosts=[ghost_of(TWIN, "d000")])

    assert collection.snapshot().ids == snapshot.ids
    assert places(cascade.search(collection.snapshot(), QUERY, asked)) == places(before)


def test_two_ghosts_stand_side_by_side(
    tiny: tuple[Models, str, SearchSettings], store: Store
) -> None:
    models, encoder_id, asked = tiny
    encoder = models.encoder(encoder_id)
    snapshot = filled(store, encoder).snapshot()
    both = [ghost_of(text, "your text") for text in ("the cat is safe", "the cat is not safe")]

    trace = search_with_ghosts(
        Cascade(models, Cache()), snapshot, encoder, "is the cat safe", asked, ghosts=both
    )
    met = Encounter(trace, both[0].id, both[1].id)

    assert met.stages == STAGE_ORDER
    assert all(None not in met.hits(stage) for stage in STAGE_ORDER)


def test_too_large_a_collection_is_refused(
    tiny: tuple[Models, str, SearchSettings], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    models, encoder_id, asked = tiny
    encoder = models.encoder(encoder_id)
    snapshot: Snapshot = filled(store, encoder).snapshot()
    monkeypatch.setattr("retrieval.contrast.ghosts.IN_MEMORY_UP_TO", 3)

    with pytest.raises(CollectionError, match="up to 3 passages; this collection has 8"):
        search_with_ghosts(
            Cascade(models, Cache()), snapshot, encoder, QUERY, asked, ghosts=[ghost_of("a", "b")]
        )


def encounter(**hits: tuple[Hit, ...]) -> Encounter:
    rankings = {stage: Ranking(stage, "x", found) for stage, found in hits.items()}  # type: ignore[arg-type]
    trace = Trace("q", "c", 1, "e", SearchSettings(), rankings)  # type: ignore[arg-type]
    return Encounter(trace, "true", "twin")


def test_a_stage_outranks_only_by_score() -> None:
    met = encounter(
        bm25=(Hit(1, 2.0, "twin"), Hit(2, 2.0, "true")),
        dense=(Hit(1, 0.9, "twin"), Hit(2, 0.8, "true")),
        hybrid=(Hit(1, 0.2, "true"), Hit(2, 0.1, "twin")),
        late=(Hit(1, 0.4, "twin"),),
        rerank=(Hit(1, 4.0, "true"),),
    )

    assert met.outranked == ("dense", "late")
    assert met.tied == ("bm25",)
