"""Pairwise accuracy by the rule, on scores that are known and on tiny models."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from sentence_transformers import CrossEncoder
from torch.nn import Identity

from retrieval.cache import Cache
from retrieval.contrast.four_cells import outcome_row
from retrieval.contrast.pairwise import Outcome, ProbeReport, judge
from retrieval.contrast.probes import Probe, read_probes
from retrieval.contrast.scoring import ScoreTable
from retrieval.errors import IngestError
from retrieval.ingest.sources import Source
from retrieval.models.loading import Models
from retrieval.settings import STAGE_ORDER, SearchSettings
from retrieval.stages.blending import blended
from tests.corpus import PASSAGES, filled
from tests.tiny import save_cross_encoder, save_encoder

FOUR_CELL = {
    "id": "r1",
    "query_1": "who bit the man",
    "query_2": "who bit the dog",
    "document_1": "the dog bit the man",
    "document_2": "the man bit the dog",
    "phenomenon": "roles",
    "control": "the man the dog bit",
}


def source(text: str, name: str = "probes.jsonl") -> Source:
    data = text.encode()
    return Source(name, len(data), lambda: io.BytesIO(data))


def lines(*records: dict[str, object]) -> Source:
    return source("\n".join(json.dumps(record) for record in records))


def outcome(margins: tuple[float, ...], phenomenon: str = "roles", **changes: object) -> Outcome:
    probe = Probe("1", phenomenon, ("q",) * len(margins), ("a", "b"), **changes)  # type: ignore[arg-type]
    return Outcome(probe, "dense", ((0.0, 0.0),) * len(margins), margins, None)


def test_both_shapes_and_their_aliases_are_read() -> None:
    probes, notes = read_probes(
        lines(
            FOUR_CELL,
            {"query": "q", "positive": "yes", "negative": "no", "phenomenon": "negation"},
            {"query": "q2", "doc_pos": "yes", "doc_neg": "no", "domain": "news"},
        )
    )

    assert notes == ()
    assert [probe.is_four_cell for probe in probes] == [True, False, False]
    assert probes[0].texts == ("the dog bit the man", "the man bit the dog", "the man the dog bit")
    assert (probes[2].passages, probes[2].domain, probes[2].id) == (("yes", "no"), "news", "3")


def test_csv_is_read_too() -> None:
    probes, _ = read_probes(source("query,positive,negative\nq,yes,no\n", "p.csv"))

    assert probes[0].passages == ("yes", "no")


def test_bad_rows_are_named_and_the_rest_is_kept() -> None:
    probes, notes = read_probes(
        source(
            "\n".join(
                [
                    json.dumps(FOUR_CELL),
                    "{not json",
                    json.dumps({"query": "q", "positive": "yes"}),
                    json.dumps({key: FOUR_CELL[key] for key in ("query_1", "document_1")}),
                    json.dumps(FOUR_CELL),
                ]
            )
        )
    )

    assert len(probes) == 1
    assert notes == (
        "probes.jsonl: line 2 is not valid JSON",
        "probes.jsonl: row 3 lacks negative",
        "probes.jsonl: row 4 lacks query_2, document_2",
        "probes.jsonl: row 5 repeats an earlier one",
    )


def test_a_file_without_any_item_is_refused() -> None:
    with pytest.raises(IngestError, match="holds no item"):
        read_probes(lines({"text": "hello"}))


@pytest.mark.parametrize(
    ("margins", "passed"),
    [((0.1, 0.1), True), ((0.1, -0.1), False), ((0.1, 0.0), False), ((0.0, 0.0), False)],
)
def test_both_questions_must_be_right_and_a_tie_fails(
    margins: tuple[float, float], passed: bool
) -> None:
    assert outcome(margins).passed is passed


def test_shares_count_items_by_shape_and_phenomenon_and_leave_controls_out() -> None:
    report = ProbeReport(
        (
            outcome((1.0, 1.0)),
            outcome((1.0, -1.0)),
            outcome((1.0,), "negation"),
            outcome((1.0, 1.0), is_control=True),
        )
    )

    found = report.as_dict()

    assert found["items"] == 3
    assert found["accuracy"] == {"dense": 0.5}
    assert found["preference"] == {"dense": 1.0}
    assert found["by_phenomenon"] == {"roles": {"dense": 0.5}, "negation": {"dense": 1.0}}


@pytest.fixture(scope="module")
def models_and_settings(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Models, str, SearchSettings]:
    base = tmp_path_factory.mktemp("models")
    encoder, reranker = save_encoder(base / "encoder"), save_cross_encoder(base / "reranker")
    return Models(), str(encoder), SearchSettings(reranker=str(reranker), late=str(encoder))


def test_swapped_roles_tie_by_keyword_and_so_fail(models_and_settings) -> None:
    models, encoder, asked = models_and_settings
    probes, _ = read_probes(lines(FOUR_CELL))
    texts = [text for probe in probes for text in probe.texts]
    table = ScoreTable(texts, models, Cache(), encoder=encoder, asked=asked)

    outcomes = {found.stage: found for found in judge(probes, table).outcomes}

    assert tuple(outcomes) == STAGE_ORDER
    assert outcomes["bm25"].margins == (0.0, 0.0)
    assert not outcomes["bm25"].passed


def test_a_tie_in_both_legs_stays_a_tie_when_fused(models_and_settings) -> None:
    models, encoder, asked = models_and_settings
    table = ScoreTable(["the dog", "the dog "], models, Cache(), encoder=encoder, asked=asked)

    for stage in ("bm25", "dense", "hybrid"):
        first, second = table.scores(stage, "dog", ["the dog", "the dog "])
        assert first == second


def test_a_collection_changes_the_weight_of_words(models_and_settings, store) -> None:
    models, encoder, asked = models_and_settings
    background = filled(store, models.encoder(encoder)).snapshot()
    texts = ["the dog bit the man", "sun and leaf"]

    alone = ScoreTable(texts, models, Cache(), encoder=encoder, asked=asked)
    among = ScoreTable(texts, models, Cache(), encoder=encoder, asked=asked, background=background)

    assert len(PASSAGES) > 2
    assert alone.scores("bm25", "dog", texts)[0] != among.scores("bm25", "dog", texts)[0]


def test_scores_equal_those_of_the_models_themselves(models_and_settings, tmp_path: Path) -> None:
    models, encoder, asked = models_and_settings
    texts = ["the dog bit the man", "the man bit the dog"]
    table = ScoreTable(texts, models, Cache(), encoder=encoder, asked=asked)
    reference = CrossEncoder(asked.reranker, activation_fn=Identity())

    expected = reference.predict([("who bit the man", text) for text in texts])

    assert table.scores("rerank", "who bit the man", texts) == pytest.approx(expected, abs=1e-3)


def test_a_blend_mixes_the_scores_of_rerank_and_late(models_and_settings) -> None:
    models, encoder, asked = models_and_settings
    query, texts = "who bit the man", ["the dog bit the man", "the man bit the dog"]
    plain = ScoreTable(texts, models, Cache(), encoder=encoder, asked=asked)
    mixed = ScoreTable(texts, models, Cache(), encoder=encoder, asked=replace(asked, blend=0.5))

    logits, near = (
        dict(zip(texts, plain.scores(stage, query, texts), strict=True))
        for stage in ("rerank", "late")
    )

    assert (plain.rerank_unit, mixed.rerank_unit) == ("logit", "blend")
    expected = blended(logits, near, 0.5)
    assert mixed.scores("rerank", query, texts) == pytest.approx(tuple(expected.values()), abs=1e-3)
    assert mixed.scores("late", query, texts) == plain.scores("late", query, texts)


def test_a_row_names_the_unit_of_its_scores() -> None:
    dense = outcome((1.0, 1.0))
    rows = [outcome_row(one, "blend") for one in (dense, replace(dense, stage="rerank"))]
    assert [row["unit"] for row in rows] == ["cosine", "blend"]
    assert outcome_row(replace(dense, stage="rerank"))["unit"] == "logit"
