"""An evaluation as one HTML file that needs nothing else: settings, figures and plots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from retrieval.evaluation.evaluate import Evaluation
from retrieval.evaluation.measures import Measure
from retrieval.evaluation.question_sets import QuestionSet
from retrieval.evaluation.report_figures import (
    OTHER_COLOUR,
    QUIET_COLOUR,
    STAGE_COLOURS,
    bars,
    escaped,
    forest,
)
from retrieval.evaluation.report_page import page
from retrieval.evaluation.significance import LEVEL, RESAMPLES, SEED, Comparison
from retrieval.evaluation.statements import comparison_sentence

_MOST_QUESTIONS = 300
_LONGEST_QUESTION = 300


@dataclass(frozen=True, slots=True)
class Report:
    """All that goes into the file.

    Attributes:
        collection: Name of the collection.
        version: Its version.
        encoder: Id of its encoder.
        asked: The questions with their judgments.
        evaluation: What was measured.
        settings: By system, in words, what made its run.
        remarks: By system, what a reader should know of it.
        pair: The two systems whose questions are listed; None where there are not two.
        command: How to have the same figures from the command line.
        created: When, in ISO form.
    """

    collection: str
    version: int
    encoder: str
    asked: QuestionSet
    evaluation: Evaluation
    settings: Mapping[str, str]
    remarks: Mapping[str, str]
    pair: tuple[str, str] | None
    command: str
    created: str

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What was measured; systems are compared on the first."""
        return tuple(next(iter(self.evaluation.systems.values())))

    def html(self) -> str:
        """The whole file. It loads nothing and runs nothing, and a browser is told so."""
        title = f"Evaluation of {self.collection}"
        body = (
            f"<h1>{escaped(title)}</h1>{self._facts()}{self._systems()}{self._comparisons()}"
            f"{self._questions()}{self._notes()}{self._again()}"
        )
        return page(title, body)

    def _facts(self) -> str:
        facts = {
            "collection": f"{self.collection}, version {self.version}",
            "encoder": self.encoder,
            "questions": f"{self.asked.name}: {len(self.asked.questions):,} judged, "
            f"{self.asked.judgments:,} judgments",
            "made": self.created,
        }
        rows = "".join(f"<dt>{escaped(k)}</dt><dd>{escaped(v)}</dd>" for k, v in facts.items())
        return f"<dl>{rows}</dl>"

    def _systems(self) -> str:
        first = self.measures[0]
        means = {system: found[first] for system, found in self.evaluation.systems.items()}
        best = max(means, key=lambda system: means[system].mean)
        said = f"{best} has the highest {first}: {means[best].mean:.3f}."
        header = ("system", *map(str, self.measures), "settings")
        rows = [
            (
                escaped(system),
                *(f"{one.mean:.4f} [{one.low:.4f}, {one.high:.4f}]" for one in found.values()),
                escaped(" ".join(filter(None, (self.settings[system], self.remarks[system])))),
            )
            for system, found in self.evaluation.systems.items()
        ]
        colours = {one: STAGE_COLOURS.get(one, OTHER_COLOUR) for one in means}
        return (
            f"<h2>Systems</h2><p>{escaped(said)}</p>{forest(means, colours, said)}"
            f'<p class="quiet">Means of {escaped(str(first))} with 95 % bootstrap intervals (BCa, '
            f"{RESAMPLES:,} resamples, seed {SEED}). Measures are by document; a document scores "
            f"as its best passage.</p>{_table(header, rows)}"
        )

    def _comparisons(self) -> str:
        if not self.evaluation.comparisons:
            return ""
        header = ("from → to", "difference", "p", "p corrected", "effect", "wins/ties/losses", "")
        rows = [_compared(one) for one in self.evaluation.comparisons]
        return (
            f"<h2>Comparisons on {escaped(str(self.measures[0]))}</h2>{_table(header, rows)}"
            '<p class="quiet">Paired permutation test (sign flips, two-sided, seeded); corrected '
            f"by Holm over the {len(rows)} comparisons shown; a difference is called shown below "
            f"p = {LEVEL}. Effect: mean difference over its standard deviation.</p>"
        )

    def _questions(self) -> str:
        if self.pair is None:
            return ""
        a, b = self.pair
        first = self.measures[0]
        before, after = (self.evaluation.values[system][first] for system in self.pair)
        differences = {one: after[one] - before[one] for one in before}
        wins = sum(value > 0 for value in differences.values())
        losses = sum(value < 0 for value in differences.values())
        ties = len(differences) - wins - losses
        said = f"{b} is better than {a} on {wins} questions, equal on {ties}, worse on {losses}."
        loss, gain = (STAGE_COLOURS.get(name, OTHER_COLOUR) for name in self.pair)
        loss = QUIET_COLOUR if loss == gain else loss
        ordered = sorted(differences, key=lambda one: -abs(differences[one]))
        texts = {one.id: one.text for one in self.asked.questions}
        rows = [
            (
                escaped(one, 80),
                escaped(texts.get(one, ""), _LONGEST_QUESTION),
                f"{before[one]:.3f}",
                f"{after[one]:.3f}",
                f"{differences[one]:+.3f}",
            )
            for one in ordered[:_MOST_QUESTIONS]
        ]
        more = len(ordered) - len(rows)
        rest = f'<p class="quiet">and {more:,} more questions.</p>' if more > 0 else ""
        header = ("id", "question", escaped(a, 40), escaped(b, 40), "difference")
        return (
            f"<h2>Question by question</h2><p>{escaped(said)}</p>"
            f"{bars(list(differences.values()), (gain, loss), said)}"
            f"{_table(header, rows, words=1)}{rest}"
        )

    def _notes(self) -> str:
        lines = dict.fromkeys((*self.asked.notes, *self.evaluation.notes))
        if not lines:
            return ""
        items = "".join(f"<li>{escaped(line)}</li>" for line in lines)
        return f"<h2>Left out</h2><ul>{items}</ul>"

    def _again(self) -> str:
        if not self.command:
            return ""
        return f"<h2>Have it again</h2><code>{escaped(self.command)}</code>"


def _compared(one: Comparison) -> tuple[str, ...]:
    found = one.difference
    return (
        f"{escaped(one.a, 40)} → {escaped(one.b, 40)}",
        f"{found.mean:+.4f} [{found.low:+.4f}, {found.high:+.4f}]",
        f"{one.p:.4f}",
        f"{one.p_corrected:.4f}",
        f"{one.effect_size:+.2f}",
        f"{one.wins} / {one.ties} / {one.losses}",
        escaped(comparison_sentence(one)),
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], words: int = -1) -> str:
    """A table of cells that are HTML already; one column, by default the last, holds words."""
    column = words % len(header)

    def cells(tag: str, values: Sequence[str]) -> str:
        return "".join(
            f"<{tag}{' class=words' if place == column else ''}>{value}</{tag}>"
            for place, value in enumerate(values)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    head = cells("th", header)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wrap">{table}</div>'
