from __future__ import annotations

import ir_measures
import numpy as np
import pytest

from retrieval.errors import SettingsError
from retrieval.evaluation.evaluate import evaluate
from retrieval.evaluation.measures import MEASURES, Measure, per_question
from retrieval.evaluation.problems import Problems
from retrieval.evaluation.run_files import read_run
from retrieval.evaluation.runs import trec_qrels, trec_run

QRELS = {"q1": {"a": 2, "b": 1, "c": 0}, "q2": {"d": 1}, "q3": {"e": 1}}
RUN = {"q1": (("x", 3.0), ("b", 2.0), ("a", 1.0)), "q2": (("d", 9.0),)}


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("MRR@10", {"q1": 1 / 2, "q2": 1, "q3": 0}),
        ("recall@2", {"q1": 1 / 2, "q2": 1, "q3": 0}),
        ("precision@2", {"q1": 1 / 2, "q2": 1 / 2, "q3": 0}),
        ("success@1", {"q1": 0, "q2": 1, "q3": 0}),
        ("MAP", {"q1": (1 / 2 + 2 / 3) / 2, "q2": 1, "q3": 0}),
    ],
)
def test_measures_are_those_of_the_textbook(measure: str, expected: dict[str, float]) -> None:
    parsed = Measure.parse(measure)

    assert per_question((parsed,), QRELS, RUN)[parsed] == pytest.approx(expected)


@pytest.mark.parametrize("name", [f"{name}@7" for name in MEASURES if name != "MAP"] + ["MAP"])
def test_a_measure_reads_what_it_writes(name: str) -> None:
    assert str(Measure.parse(name)) == name
    assert Measure.parse(name.lower()) == Measure.parse(name)


@pytest.mark.parametrize("text", ["", "nDCG", "nDCG@0", "nDCG@-1", "gain@10", "nDCG@10; rm"])
def test_what_is_no_measure_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="no measure"):
        Measure.parse(text)


def test_figures_equal_those_of_ir_measures_on_the_exported_files() -> None:
    generator = np.random.default_rng(5)
    qrels = {
        f"q {i}": {f"doc/{generator.integers(40)} ü": int(generator.integers(4)) for _ in range(12)}
        for i in range(20)
    }
    run = {
        query: tuple(
            # Rounded scores tie often, which is where tools disagree.
            sorted(
                ((f"doc/{d} ü", round(generator.random(), 1)) for d in range(40)),
                key=lambda pair: (-pair[1], pair[0]),
            )
        )
        for query in qrels
    }
    measures = tuple(Measure.parse(m) for m in ("nDCG@10", "MRR@10", "MAP", "recall@5"))

    ours = evaluate({"stage": run}, qrels, measures).systems["stage"]

    theirs = ir_measures.calc_aggregate(
        [measure.calculator for measure in measures],
        list(ir_measures.read_trec_qrels("\n".join(trec_qrels(qrels)))),
        list(ir_measures.read_trec_run("\n".join(trec_run(run, "stage")))),
    )
    for measure in measures:
        assert ours[measure].mean == pytest.approx(theirs[measure.calculator], abs=1e-6)


def test_a_run_comes_back_as_it_went_out() -> None:
    run = {"q 1": (("a b/c#1", 2.5), ("ü%", 2.5), ("z", -1.0))}

    back = read_run(trec_run(run, "tag"), Problems())

    assert [document for document, _ in back["q 1"]] == ["a b/c#1", "ü%", "z"]
    scores = [score for _, score in back["q 1"]]
    assert scores == sorted(set(scores), reverse=True)
    assert scores == pytest.approx([2.5, 2.5, -1.0])


def test_scores_that_tie_at_0_decrease_by_steps_that_every_reader_sees() -> None:
    run = {"q": tuple((f"d{place}", 0.0) for place in range(4))}

    scores = np.float32([line.split()[4] for line in trec_run(run, "tag")])

    assert scores[0] == 0
    assert (np.diff(scores) < 0).all()
    assert (np.abs(scores[1:]) >= np.finfo(np.float32).tiny).all()
