"""The loop: draw groups, learn from them, step, and keep a checkpoint that a kill cannot spoil."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError
from torch import Tensor

from retrieval.errors import CancelledError, StorageError, TrainingError
from retrieval.models.folder import ModelFolder
from retrieval.training.cross_encoder import PairLearner
from retrieval.training.groups import Group
from retrieval.training.network import TrainedNetwork
from retrieval.training.recipe import Phase, Recipe
from retrieval.training.sampling import Sampler
from retrieval.training.sources import is_written

CHECKPOINT = "checkpoint.pt"
_NORM = 1.0


class Learner(Protocol):
    """A model that learns from groups: a cross-encoder or a bi-encoder."""

    @property
    def kind(self) -> str:
        """What it becomes: ``reranker`` or ``encoder``."""

    @property
    def network(self) -> TrainedNetwork:
        """Its weights."""

    def backward(self, groups: Sequence[Group]) -> float:
        """Take the gradients of the mean loss of a group, and return that loss."""

    def measure(self, groups: Sequence[Group]) -> float:
        """The mean loss of a group, without gradients."""

    def write(self, folder: Path, state: dict[str, Tensor]) -> None:
        """Write weights as a folder that sentence-transformers loads."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far a training is.

    Attributes:
        phase: The phase's name.
        pairs: Pairs read so far, over all phases.
        all_pairs: Pairs to read.
        loss: Mean over the last steps, a group.
        seconds: Since it began or was resumed.
        pairs_per_second: Over that time.
    """

    phase: str
    pairs: int
    all_pairs: int
    loss: float
    seconds: float
    pairs_per_second: float

    @property
    def seconds_left(self) -> float:
        """At the speed so far."""
        return (self.all_pairs - self.pairs) / max(self.pairs_per_second, 1e-9)


@dataclass(slots=True)
class _Position:
    """Where a training stands; everything a checkpoint keeps besides the weights."""

    phase: int = 0
    step: int = 0
    phase_pairs: int = 0
    pairs: int = 0
    drawn: dict[str, int] = field(default_factory=dict)
    losses: list[tuple[int, float]] = field(default_factory=list)
    checks: list[tuple[int, float]] = field(default_factory=list)
    checked: int = 0
    best: int = 0


class Training:
    """One training, from the first step or from its last checkpoint.

    Args:
        recipe: What is to be done.
        sources: Groups by source.
        base: The weights to start from.
        folder: Where the checkpoint is kept.
        fingerprint: Of the data; a checkpoint of other data is refused.
        learner: What learns; a cross-encoder by default.
        unseen: Groups that are never learned from. Where there are some, their loss is measured
            from time to time, the best weights by it are kept, and the training ends early once it
            no longer falls.
    """

    def __init__(
        self,
        recipe: Recipe,
        sources: Mapping[str, Sequence[Group]],
        base: ModelFolder,
        folder: Path,
        fingerprint: str,
        *,
        learner: Learner | None = None,
        unseen: Sequence[Group] = (),
    ) -> None:
        self._recipe, self._sources, self._folder = recipe, sources, folder
        self._learner = learner or PairLearner(base, recipe)
        self._unseen = unseen
        self._network = self._learner.network
        self._optimizer = torch.optim.AdamW(
            self._network.weights, lr=0.0, weight_decay=recipe.weight_decay, fused=True
        )
        self._average = {
            name: weight.detach().clone()
            for name, weight in self._network.master.state_dict().items()
        }
        self._start = {name: weight.clone() for name, weight in self._average.items()}
        self._best: dict[str, Tensor] = {}
        self._position = _Position()
        self._identity = _identity(recipe, f"{self._learner.kind} {base.weights_hash}", fingerprint)

    @property
    def losses(self) -> tuple[tuple[int, float], ...]:
        """(pairs read, mean loss a group) over time."""
        return tuple((pairs, loss) for pairs, loss in self._position.losses)

    @property
    def pairs(self) -> int:
        """Pairs that are read without an early end."""
        return self._recipe.pairs

    @property
    def checks(self) -> tuple[tuple[int, float], ...]:
        """(pairs read, mean loss of a group that is not learned from) over time."""
        return tuple((pairs, loss) for pairs, loss in self._position.checks)

    @property
    def best(self) -> int:
        """The pairs that had been read when the kept weights were the best; 0 for the start."""
        return self._position.best

    def resume(self) -> bool:
        """Go on from the checkpoint, if there is one.

        Raises:
            TrainingError: If it is spoilt, or belongs to another recipe, other data, another base.
        """
        path = self._folder / CHECKPOINT
        if not path.is_file():
            return False
        try:
            kept = torch.load(path, weights_only=True)
        except Exception as error:  # torch raises a dozen kinds for a spoilt file
            raise TrainingError(
                f"The checkpoint {path} cannot be read.", hint="Delete it and train anew."
            ) from error
        if kept.get("identity") != self._identity:
            raise TrainingError(
                f"The checkpoint {path} belongs to another recipe, other data or another base.",
                hint="Train into another folder, or delete the checkpoint to begin anew.",
            )
        self._network.master.load_state_dict(kept["weights"])
        self._optimizer.load_state_dict(kept["optimizer"])
        self._average, self._best = kept["average"], kept["best"]
        self._position = _Position(**json.loads(kept["position"]))
        self._network.refresh()
        return True

    def run(
        self,
        report: Callable[[Step], None] = lambda _step: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Read what is left to read.

        Args:
            report: Told after each step.
            stopped: Asked after each step; if so, a checkpoint is kept and the training ends.

        Raises:
            CancelledError: If it was stopped.
            StorageError: If a checkpoint cannot be written; the one before stays.
        """
        with _tiny_numbers_as_zero():
            self._run(report, stopped)

    def _run(self, report: Callable[[Step], None], stopped: Callable[[], bool]) -> None:
        position, started, first = self._position, time.monotonic(), self._position.pairs
        saved = position.pairs
        if self._unseen and not position.checks:
            self._check()
        for place, phase in enumerate(self._recipe.phases):
            if place < position.phase:
                continue
            for loss in self._phase(place, phase):
                if position.pairs - saved >= self._recipe.checkpoint_pairs:
                    self.save_checkpoint()
                    saved = position.pairs
                seconds = time.monotonic() - started
                speed = (position.pairs - first) / max(seconds, 1e-9)
                # The last step of a phase may read some pairs more than were asked for.
                read = min(position.pairs, self._recipe.pairs)
                report(Step(phase.name, read, self._recipe.pairs, loss, seconds, speed))
                if stopped():
                    self.save_checkpoint()
                    raise CancelledError("The training was stopped; its checkpoint is kept.")
                if self._no_longer_better():
                    place = len(self._recipe.phases) - 1  # noqa: PLW2901  (the rest is left out)
                    break
            position.phase, position.step, position.phase_pairs = place + 1, 0, 0
        if self._unseen and position.checked < position.pairs:
            self._check()
        self.save_checkpoint()

    def _phase(self, place: int, phase: Phase) -> Iterator[float]:
        position, recipe = self._position, self._recipe
        sampler = Sampler(
            self._sources,
            phase.shares,
            seed=recipe.seed * 1000 + place,
            group_pairs=phase.group_pairs or recipe.group_pairs,
            others=recipe.others,
            sizes=self._sizes(phase),
        )
        while position.phase_pairs < phase.pairs:
            groups = sampler.draw(position.step, recipe.batch_pairs, position.drawn)
            done = position.phase_pairs / phase.pairs
            loss = self._step(groups, phase.learning_rate * _slope(done, recipe.warm_up))
            count = sum(map(len, groups))
            position.step += 1
            position.phase_pairs += count
            position.pairs += count
            position.losses.append((position.pairs, loss))
            yield loss

    def _sizes(self, phase: Phase) -> dict[str, int]:
        if phase.twin_pairs is None:
            return {}
        return {name: phase.twin_pairs for name in self._sources if is_written(name)}

    def _step(self, groups: Sequence[Group], rate: float) -> float:
        loss = self._learner.backward(groups)
        self._network.collect_gradients()
        torch.nn.utils.clip_grad_norm_(self._network.weights, _NORM)
        for options in self._optimizer.param_groups:
            options["lr"] = rate
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._network.refresh()
        self._follow()
        return loss

    def _no_longer_better(self) -> bool:
        """Measure the unseen groups when it is time to; whether nothing has become better since."""
        position, recipe = self._position, self._recipe
        due = position.pairs - position.checked >= recipe.check_pairs
        if not self._unseen or not due:
            return False
        self._check()
        since = [pairs for pairs, _ in position.checks if pairs > position.best]
        return len(since) >= recipe.patience

    def _check(self) -> None:
        """Measure what would be written now on the unseen groups; the best so far is kept."""
        position, written = self._position, self._averaged()
        with self._network.wearing(written):
            loss = self._learner.measure(self._unseen)
        if not position.checks or loss < min(before for _, before in position.checks):
            position.best, self._best = position.pairs, written
        position.checks.append((position.pairs, loss))
        position.checked = position.pairs

    def _follow(self) -> None:
        """Let the average follow the weights: quickly at first, slowly later."""
        decay = min(self._recipe.average, (1 + self._position.step) / (10 + self._position.step))
        with torch.no_grad():
            for name, weight in self._network.master.named_parameters():
                if weight.requires_grad:
                    self._average[name].lerp_(weight, 1 - decay)

    def save_checkpoint(self) -> None:
        """Write a checkpoint beside the last one, then put it in its place.

        Raises:
            StorageError: If there is no room or no permission; the last one stays.
        """
        path = self._folder / CHECKPOINT
        partial = path.with_suffix(".part")
        position = self._position
        kept = {
            "identity": self._identity,
            "weights": self._network.master.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "average": self._average,
            "best": self._best,
            "position": json.dumps({name: getattr(position, name) for name in _Position.__slots__}),
        }
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            torch.save(kept, partial)
            partial.replace(path)
        except (OSError, RuntimeError) as error:
            partial.unlink(missing_ok=True)
            raise StorageError(
                f"The checkpoint {path} cannot be written: {error}.",
                hint="Make room; the last checkpoint is still good.",
            ) from error

    def _averaged(self) -> dict[str, Tensor]:
        """The average, drawn back to the start by the share that the recipe keeps of it."""
        trained = {n for n, w in self._network.master.named_parameters() if w.requires_grad}
        return {
            name: weight.lerp(self._start[name], self._recipe.keep) if name in trained else weight
            for name, weight in self._average.items()
        }

    def write_model(self, folder: Path) -> None:
        """Write the best weights, or the averaged ones where nothing says which are best.

        Raises:
            StorageError: If it cannot be written.
        """
        try:
            self._learner.write(folder, self._best or self._averaged())
        except (OSError, SafetensorError) as error:
            raise StorageError(f"{folder} cannot be written: {error}.") from error


@contextmanager
def _tiny_numbers_as_zero() -> Iterator[None]:
    """Let this thread take denormal numbers for 0, and no longer than it trains.

    A group that is learned has gradients near 0, whose squares a CPU multiplies many times more
    slowly than other numbers. The mode belongs to the thread, not to torch: left on, the smallest
    step below 0 would be 0 for whoever comes after.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def _slope(done: float, warm_up: float) -> float:
    """Share of the highest learning rate: up in a line, then down to zero in a line."""
    if done < warm_up:
        return done / warm_up + 1e-3
    return max(0.0, (1 - done) / (1 - warm_up))


def _identity(recipe: Recipe, base: str, fingerprint: str) -> str:
    text = json.dumps([recipe.model_dump(mode="json"), base, fingerprint], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
