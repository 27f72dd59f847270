"""Pairwise accuracy: a stage passes an item only if every question puts its own passage first.

The rule is that of NevIR (Weller et al. 2023): with two questions, both must be right, so chance is
25 %; a tie fails. With one question the share that is right is called preference, and chance is
50 %. Every share comes with its 95 % interval by Wilson's score (1927), which stays within 0..1 and
holds for few items and for shares near either end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from scipy import stats

from retrieval.contrast.probes import Probe
from retrieval.contrast.scoring import ScoreTable
from retrieval.settings import STAGE_ORDER, StageName

CHANCE: Mapping[str, float] = {"accuracy": 0.25, "preference": 0.5}

Watch = Callable[[int, int], None]
"""Told how many items of how many are judged; whatever it raises ends the work."""


class Tally(NamedTuple):
    """A share of items with its 95 % interval."""

    share: float
    low: float
    high: float
    passed: int
    n: int

    @classmethod
    def of(cls, passed: int, n: int) -> Tally:
        """The share of ``passed`` in ``n`` items, of which there is at least one."""
        interval = stats.binomtest(passed, n).proportion_ci(0.95, method="wilson")
        return cls(passed / n, float(interval.low), float(interval.high), passed, n)

    def bounds(self) -> dict[str, float | int]:
        """What the share alone does not say, as plain values."""
        return {"low": self.low, "high": self.high, "passed": self.passed, "n": self.n}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one stage made of one item.

    Attributes:
        probe: The item.
        stage: The stage.
        scores: One row a question; columns are its passage, the twin and, if given, the control.
        margins: For each question, how far its own passage is above the other one.
        control_margin: How far the control is above the twin for the first question, or None.
    """

    probe: Probe
    stage: StageName
    scores: tuple[tuple[float, ...], ...]
    margins: tuple[float, ...]
    control_margin: float | None

    @property
    def passed(self) -> bool:
        """Whether every question puts its own passage first; a tie fails."""
        return all(margin > 0 for margin in self.margins)


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """All outcomes, and the shares that they add up to."""

    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = ()

    def share(self, kind: str, phenomenon: str | None = None) -> dict[StageName, float]:
        """Share of items passed, by stage: ``accuracy`` of four cells, or ``preference``."""
        return _shares(self.tallies(kind, phenomenon))

    def tallies(self, kind: str, phenomenon: str | None = None) -> dict[StageName, Tally]:
        """Items passed, by stage, with the interval of their share; arguments as in ``share``."""
        return _tallies(
            (outcome.stage, outcome.passed)
            for outcome in self.outcomes
            if not outcome.probe.is_control
            and outcome.probe.is_four_cell == (kind == "accuracy")
            and phenomenon in (None, outcome.probe.phenomenon)
        )

    @property
    def by_phenomenon(self) -> dict[str, dict[StageName, Tally]]:
        """Tallies of each phenomenon: of its four-cell items, or else of its one-question ones."""
        groups = self.grouped(lambda probe: probe.phenomenon)
        return {name: group.either for name, group in groups.items()}

    @property
    def by_kind(self) -> dict[str, dict[str, dict[StageName, Tally]]]:
        """Tallies of each way of wording, by phenomenon; items that name none are left out."""
        found = {}
        for name, group in self.grouped(lambda probe: probe.phenomenon).items():
            worded = group.grouped(lambda probe: probe.kind)
            worded.pop("", None)
            if worded:
                found[name] = {kind: inside.either for kind, inside in worded.items()}
        return found

    @property
    def controls(self) -> dict[StageName, float]:
        """Share of meaning-keeping copies that stay above the twin, by stage."""
        return _shares(
            _tallies(
                (outcome.stage, outcome.control_margin > 0)
                for outcome in self.outcomes
                if outcome.control_margin is not None
            )
        )

    def as_dict(self) -> dict[str, Any]:
        """The shares as plain values for JSON, unrounded, and their intervals beside them."""
        measures = {kind: self.tallies(kind) for kind in CHANCE}
        phenomena, kinds = self.by_phenomenon, self.by_kind
        return {
            "items": len({id(o.probe) for o in self.outcomes if not o.probe.is_control}),
            **{kind: _shares(found) for kind, found in measures.items()},
            "by_phenomenon": {name: _shares(found) for name, found in phenomena.items()},
            "controls": self.controls,
            "notes": list(self.notes),
            "by_kind": {
                name: {wording: _shares(found) for wording, found in worded.items()}
                for name, worded in kinds.items()
            },
            "intervals": {
                **{kind: _bounds(found) for kind, found in measures.items()},
                "by_phenomenon": {name: _bounds(found) for name, found in phenomena.items()},
                "by_kind": {
                    name: {wording: _bounds(found) for wording, found in worded.items()}
                    for name, worded in kinds.items()
                },
            },
        }

    def grouped(self, name_of: Callable[[Probe], str]) -> dict[str, ProbeReport]:
        """The outcomes of the items that count, by a name that each item has, in its order."""
        found: dict[str, list[Outcome]] = {}
        for outcome in self.outcomes:
            if not outcome.probe.is_control:
                found.setdefault(name_of(outcome.probe), []).append(outcome)
        return {name: ProbeReport(tuple(found[name])) for name in sorted(found)}

    @property
    def either(self) -> dict[StageName, Tally]:
        """Tallies of the four-cell items, or of the one-question ones where there are no others."""
        return self.tallies("accuracy") or self.tallies("preference")


def judge(
    probes: Sequence[Probe],
    table: ScoreTable,
    notes: tuple[str, ...] = (),
    watch: Watch | None = None,
) -> ProbeReport:
    """Apply the rule to every item in every stage."""
    outcomes: list[Outcome] = []
    for done, probe in enumerate(probes):
        if watch is not None:
            watch(done, len(probes))
        for stage in STAGE_ORDER:
            scores = tuple(table.scores(stage, query, probe.texts) for query in probe.queries)
            outcomes.append(outcome_of(probe, stage, scores))
    return ProbeReport(tuple(outcomes), notes)


def outcome_of(probe: Probe, stage: StageName, scores: tuple[tuple[float, ...], ...]) -> Outcome:
    """What the scores say: one row a question; columns are passage, twin and, if given, control."""
    margins = tuple(row[place] - row[1 - place] for place, row in enumerate(scores))
    control = scores[0][2] - scores[0][1] if probe.control else None
    return Outcome(probe, stage, scores, margins, control)


def _tallies(flags: Iterable[tuple[StageName, bool]]) -> dict[StageName, Tally]:
    found: dict[StageName, list[bool]] = defaultdict(list)
    for stage, holds in flags:
        found[stage].append(holds)
    return {
        stage: Tally.of(sum(found[stage]), len(found[stage]))
        for stage in STAGE_ORDER
        if found.get(stage)
    }


def _shares(tallies: Mapping[StageName, Tally]) -> dict[StageName, float]:
    return {stage: tally.share for stage, tally in tallies.items()}


def _bounds(tallies: Mapping[StageName, Tally]) -> dict[StageName, dict[str, float | int]]:
    return {stage: tally.bounds() for stage, tally in tallies.items()}
