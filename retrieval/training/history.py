"""How a model was learned and what that brought: kept beside it, and shown again from there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from retrieval.training.fine_tuning import Kind
from retrieval.training.trial import Outcome

_CURVE_POINTS = 200
Curve = tuple[tuple[int, float], ...]
"""(pairs read, mean loss of a group) over time."""


@dataclass(frozen=True, slots=True)
class History:
    """One fine-tuning.

    Attributes:
        name: What the model is called.
        kind: What it is.
        base: Id of the model that it started from.
        base_weights: SHA-256 of that model's weights.
        data: What it was learned from, as a person calls it.
        fingerprint: SHA-256 of that.
        questions: How many questions that has.
        judgments: How many judged passages.
        split: The split in plain sentences.
        held_out_ids: Ids of the held-out questions.
        tuning: All settings.
        pairs: Pairs that were read.
        all_pairs: Pairs that would have been read without an early end.
        best: The pairs after which it was best on the questions that say when to end; 0 for the
            start, and then nothing was kept.
        losses: Over what is learned from.
        checks: Over what says when to end.
        seconds: Time of learning, the last part alone if it was resumed.
        held_out: Before and after on the held-out questions; None where nothing was kept.
        knew: Before and after on minimal pairs that no training has seen.
        notes: What of the data was left out.
        versions: Of Python and of the packages that computed.
        created: When, in ISO form, UTC.
    """

    name: str
    kind: Kind
    base: str
    base_weights: str
    data: str
    fingerprint: str
    questions: int
    judgments: int
    split: str
    held_out_ids: tuple[str, ...]
    tuning: Mapping[str, Any]
    pairs: int
    all_pairs: int
    best: int
    losses: Curve
    checks: Curve
    seconds: float
    held_out: Outcome | None
    knew: Outcome | None
    notes: tuple[str, ...]
    versions: Mapping[str, str]
    created: str

    @property
    def is_kept(self) -> bool:
        """Whether a model came of it."""
        return self.held_out is not None

    @property
    def verdict(self) -> str:
        """What it brought, in plain sentences."""
        if self.held_out is None:
            return (
                "Nothing was gained: on the questions that tell when to stop, no step was better "
                f"than {self.base} itself. No model was kept."
            )
        return self.held_out.verdict

    def as_dict(self) -> dict[str, Any]:
        """The history as plain values for JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("held_out", "knew"):
            values[name] = values[name].as_dict() if values[name] else None
        return values | {"verdict": self.verdict, "tuning": dict(self.tuning)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> History:
        """The history that ``as_dict`` wrote."""
        known = {field.name: values[field.name] for field in fields(cls)}
        for name in ("held_out", "knew"):
            known[name] = Outcome.from_dict(known[name]) if known[name] else None
        for name in ("losses", "checks"):
            known[name] = tuple((int(x), float(y)) for x, y in known[name])
        for name in ("held_out_ids", "notes"):
            known[name] = tuple(known[name])
        return cls(**known)


def thinned(losses: Iterable[tuple[int, float]]) -> Iterator[tuple[int, float]]:
    """Means of neighbouring losses, so that a long curve stays a short list."""
    every = list(losses)
    width = max(1, -(-len(every) // _CURVE_POINTS))
    for start in range(0, len(every), width):
        part = every[start : start + width]
        yield part[-1][0], round(sum(loss for _, loss in part) / len(part), 4)
