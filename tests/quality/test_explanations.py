"""What the explanations of the shipped models add up to, and what they point at."""

from __future__ import annotations

import pytest

from retrieval.cache import Cache
from retrieval.explain.attribution import attribute_cosine, attribute_logit
from retrieval.explain.explainer import EXPLAINED, Explainer, Passage
from retrieval.models.loading import Models
from retrieval.settings import SearchSettings
from retrieval.store import Snapshot, Store
from tests.corpus import filled

pytestmark = pytest.mark.quality

QUESTION = "Which allergy medicine does not cause drowsiness?"
TRUE = "Loratadine relieves hay fever and does not cause drowsiness."
OPPOSITE = "Diphenhydramine is an allergy medicine that causes drowsiness."


@pytest.fixture(scope="module")
def models() -> Models:
    return Models(backend="torch-fp32")


@pytest.fixture(scope="module")
def snapshot(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    store = Store(tmp_path_factory.mktemp("home"))
    return filled(store, models.encoder(), (TRUE, OPPOSITE, "Water the plant.")).snapshot()


@pytest.fixture(scope="module")
def explainer(models: Models, snapshot: Snapshot) -> Explainer:
    return Explainer(models, Cache(), snapshot, QUESTION, SearchSettings())


@pytest.mark.parametrize("text", [TRUE, OPPOSITE])
def test_every_attribution_reconciles_with_the_stages_score(
    explainer: Explainer, text: str
) -> None:
    passage = Passage(text)
    score = {stage: explainer.score(stage, passage) for stage in EXPLAINED}
    dense, pair = explainer.dense(passage), explainer.rerank(passage)

    assert explainer.lexical(passage).score == pytest.approx(score["bm25"], abs=1e-4)
    assert explainer.late(passage).total == pytest.approx(score["late"], abs=1e-5)
    assert dense.base == pytest.approx(score["dense"], abs=1e-5)
    assert dense.total + dense.remainder == pytest.approx(score["dense"])
    assert pair.passage.base == pytest.approx(score["rerank"], abs=1e-4)
    assert pair.passage.total + pair.passage.remainder == pytest.approx(score["rerank"])
    assert pair.question.total + pair.question.remainder == pytest.approx(score["rerank"])


@pytest.mark.parametrize("text", [TRUE, OPPOSITE])
def test_integrated_gradients_are_complete(explainer: Explainer, text: str) -> None:
    pair = explainer.rerank(Passage(text))
    credited = explainer.gradients(pair)

    for side in (credited.question, credited.passage):
        assert side.is_complete
        assert abs(side.total - (side.logit - side.baseline)) <= side.tolerance
        assert side.logit == pytest.approx(pair.score, abs=1e-3)


def test_the_reranker_hangs_on_the_negator_and_the_bi_encoder_does_not(
    models: Models,
) -> None:
    cosine = attribute_cosine(models.encoder(), QUESTION, TRUE, 0.0)
    logit = attribute_logit(models.reranker(), QUESTION, TRUE, 0.0).passage
    place = [word.text for word in logit.words].index("not")

    assert logit.values[place] == max(logit.values)
    assert abs(cosine.values[place]) < cosine.largest / 2


def test_half_precision_moves_no_large_contribution(models: Models) -> None:
    """The backend that serves by default, whatever it is on this machine."""
    exact = attribute_logit(models.reranker(), QUESTION, TRUE, 0.0)
    served = attribute_logit(Models().reranker(), QUESTION, TRUE, 0.0)

    assert served.values == pytest.approx(exact.values, abs=0.25)
