from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from retrieval.evaluation.legs import Legs
from retrieval.evaluation.lost_answers import (
    PARTS,
    Losses,
    PoolSetting,
    compared_settings,
    needed_pairs,
    survey,
)
from retrieval.evaluation.measures import Measure, per_question
from retrieval.settings import SearchSettings
from retrieval.types import Ranking

RECALL = Measure.parse("recall@10")
WHOLE = Measure.parse("recall@1000")


def legs_of(bm25: list[str], dense: list[str], documents: dict[str, str] | None = None) -> Legs:
    """First lists in this order; a chunk is its own document unless it is said otherwise."""
    of = documents or {}
    every = dict.fromkeys((*bm25, *dense))
    return Legs(
        "q",
        Ranking.from_scores("bm25", "bm25", [(c, float(-n)) for n, c in enumerate(bm25)]),
        Ranking.from_scores("dense", "cosine", [(c, float(-n)) for n, c in enumerate(dense)]),
        {chunk: of.get(chunk, chunk) for chunk in every},
        {chunk: chunk for chunk in every},
    )


def random_question(seed: int) -> tuple[Legs, dict[str, int], dict[str, float]]:
    """Lists that overlap in part, documents of several chunks, and answers outside of both."""
    drawn = np.random.default_rng(seed)
    ids = [f"c{number:03}" for number in range(120)]
    of = {one: f"d{drawn.integers(60):02}" for one in ids}
    bm25, dense = (list(drawn.permutation(ids[start : start + 90])) for start in (0, 30))
    grades = {f"d{number:02}": int(drawn.integers(0, 3)) for number in range(0, 70, 3)}
    scores = {one: float(drawn.integers(30)) for one in ids}
    return legs_of(bm25, dense, of), grades, scores


SETTINGS = [
    setting
    for n in (5, 20, 60, 200)
    for asked in (
        SearchSettings(candidates=n),
        SearchSettings(candidates=n, fusion="weighted", alpha=0.3),
    )
    for setting in (
        PoolSetting("fused", asked),
        PoolSetting("bm25", asked, "bm25"),
        PoolSetting("dense", asked, "dense"),
    )
]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: f"{one.name} {one.asked.candidates}")
def test_the_parts_agree_with_recall_that_is_measured_another_way(setting: PoolSetting) -> None:
    judged = [random_question(seed) for seed in range(8)]
    losses = survey(setting, judged)
    pooled = shown = 0.0
    for legs, grades, scores in judged:
        pool = setting.pool(legs)
        read = sorted(pool, key=lambda one: (-scores[one], one))
        run = {"q": tuple((d, 0.0) for d in dict.fromkeys(legs.documents[one] for one in read))}
        values = per_question((RECALL, WHOLE), {"q": grades}, run)
        relevant = sum(grade > 0 for grade in grades.values())
        shown += values[RECALL]["q"] * relevant
        pooled += values[WHOLE]["q"] * relevant
    counts = losses.counts
    assert sum(counts.values()) == len(losses.answers)
    assert counts["found"] + counts["sure"] == pytest.approx(shown)
    assert losses.reached == pytest.approx(pooled)
    assert losses.reached == sum(counts[part] for part in ("found", "sure", "no_room", "buried"))


def one(losses: Losses) -> str:
    (answer,) = losses.answers
    return answer.part


NAMES = [f"c{number:02}" for number in range(30)]
FLAT = dict.fromkeys(NAMES, 0.0)


def test_an_answer_in_no_first_list_is_the_first_stages_loss() -> None:
    setting = PoolSetting("s", SearchSettings(candidates=5))
    losses = survey(setting, [(legs_of(NAMES, NAMES), {"elsewhere": 1}, FLAT)])
    assert one(losses) == "never_a_candidate"
    assert losses.answers[0].chunk_id is None


def test_a_single_list_does_not_count_what_only_the_other_returned() -> None:
    legs = legs_of(NAMES[:10], NAMES[10:20])
    asked = SearchSettings(candidates=200)
    assert one(survey(PoolSetting("b", asked, "bm25"), [(legs, {"c15": 1}, FLAT)])) == (
        "never_a_candidate"
    )
    found = survey(PoolSetting("d", asked, "dense"), [(legs, {"c15": 1}, FLAT)])
    assert one(found) == "sure"


def test_a_pool_no_longer_than_the_list_shown_earns_the_reranker_nothing() -> None:
    legs = legs_of(NAMES, NAMES)
    scores = {name: float(name == "c04") for name in NAMES}
    small, large = (
        survey(PoolSetting("s", SearchSettings(candidates=n)), [(legs, {"c04": 1}, scores)])
        for n in (10, 11)
    )
    assert (one(small), one(large)) == ("sure", "found")
    assert small.lifted == large.lifted == 0


def test_lifting_and_demoting_are_the_rerankers_own() -> None:
    legs = legs_of(NAMES, NAMES)
    grades = {"c00": 1, "c20": 1}
    upside_down = {name: float(place) for place, name in enumerate(NAMES)}
    losses = survey(PoolSetting("s", SearchSettings(candidates=30)), [(legs, grades, upside_down)])
    parts = {answer.document_id: answer.part for answer in losses.answers}
    assert parts == {"c00": "buried", "c20": "found"}
    assert (losses.lifted, losses.demoted) == (1, 1)


def test_more_answers_than_places_are_nobodys_loss() -> None:
    legs = legs_of(NAMES, NAMES)
    grades = dict.fromkeys(NAMES[:15], 1)
    scores = {name: float(-place) for place, name in enumerate(NAMES)}
    setting = PoolSetting("s", SearchSettings(candidates=30))
    counts = survey(setting, [(legs, grades, scores)]).counts
    assert (counts["found"], counts["no_room"], counts["buried"]) == (10, 5, 0)
    scores["c29"] = 1.0
    counts = survey(setting, [(legs, grades, scores)]).counts
    assert (counts["found"], counts["no_room"], counts["buried"]) == (9, 5, 1)


def test_grades_of_0_are_no_answers_and_a_question_without_any_does_not_count() -> None:
    setting = PoolSetting("s", SearchSettings())
    losses = survey(setting, [(legs_of(NAMES, NAMES), {"c00": 0, "c01": -1}, FLAT)])
    assert (losses.answers, losses.questions) == ((), 0)
    assert set(losses.counts) == set(PARTS)


def test_a_missing_score_is_not_taken_for_a_low_one() -> None:
    setting = PoolSetting("s", SearchSettings())
    with pytest.raises(ValueError, match="30 of 30 candidates have no rerank score"):
        survey(setting, [(legs_of(NAMES, NAMES), {"c00": 1}, {})])


def test_the_settings_compared_are_distinct_and_need_no_other_pairs() -> None:
    asked = SearchSettings(candidates=20)
    settings = compared_settings(asked)
    assert settings[0].asked == asked
    assert len({setting.name for setting in settings}) == len(settings)
    assert {"weighted 0.50", "BM25 alone", "bi-encoder alone", "N 200"} <= {
        setting.name for setting in settings
    }
    legs, grades, scores = random_question(3)
    needed = needed_pairs(legs, settings)
    assert len(set(needed)) == len(needed)
    known = {chunk_id: scores[chunk_id] for chunk_id in needed}
    for setting in settings:
        assert survey(setting, [(legs, grades, known)]) == survey(setting, [(legs, grades, scores)])
    weighted = compared_settings(replace(asked, fusion="weighted"))
    assert "RRF k 60" in {setting.name for setting in weighted}
