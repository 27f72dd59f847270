"""Probe sets run through all stages in the background: watched, cancelled, and done only once."""

from __future__ import annotations

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from retrieval.cache import Cache
from retrieval.contrast.pairwise import Outcome, ProbeReport, judge, outcome_of
from retrieval.contrast.probe_sets import ProbeSet, ProbeSets
from retrieval.contrast.scoring import ScoreTable
from retrieval.errors import CancelledError, StorageError
from retrieval.jobs import Control, Job, Jobs
from retrieval.models.cards import DEFAULT_ENCODER
from retrieval.models.loading import Models
from retrieval.progress import Progress
from retrieval.settings import STAGE_ORDER, SearchSettings

KIND = "probes"
QUEUE = "probe sets"
_REPORTS_KEPT = 4
_SECONDS_BETWEEN_WORDS = 0.2
_SHARE_OF_VECTORS = 0.1
"""How much of the bar the passages' vectors are given; reading pairs takes the rest."""


@dataclass(frozen=True, slots=True)
class ProbeOrder:
    """A set, and the models to run it through.

    Attributes:
        set_id: The set.
        items: How many of its items, from the first.
        encoder: Id of the encoder.
        reranker: Id of the reranker, or a folder.
    """

    set_id: str
    items: int
    encoder: str = DEFAULT_ENCODER
    reranker: str = SearchSettings().reranker

    def as_dict(self) -> dict[str, Any]:
        """The order as plain values, which a journal keeps."""
        return {
            "set_id": self.set_id,
            "items": self.items,
            "encoder": self.encoder,
            "reranker": self.reranker,
        }


class ProbeRuns:
    """Takes orders to run probe sets, one at a time, and keeps what came of them.

    The corpus of keywords and of fusion is the set's own passages, as for the command.

    Args:
        jobs: Runs and journals them.
        models: Where the models come from.
        cache: Where scores of pairs are kept, so that a run that was stopped goes on.
        home: Where results and the sets that were handed in lie.
    """

    def __init__(self, jobs: Jobs, models: Models, cache: Cache, home: Path) -> None:
        self.sets = ProbeSets(home / "probe-sets")
        self._jobs = jobs
        self._models = models
        self._cache = cache
        self._folder = home / "probe-results"
        self._reports: OrderedDict[str, ProbeReport] = OrderedDict()
        self._lock = Lock()
        jobs.register(KIND, self._run)

    def find(self, order: ProbeOrder) -> ProbeReport | None:
        """The results of an order, if it was ever run to its end with these very weights."""
        asked = self._asked(order)
        key = self._key(order, asked)
        report = self._reports.get(key)
        if report is None:
            outcomes = _read(self._path(key), asked)
            if outcomes is None:
                return None
            report = ProbeReport(outcomes, asked.notes)
            self._remember(key, report)
        return report

    def submit(self, order: ProbeOrder) -> Job:
        """Queue a run.

        Raises:
            IngestError: If there is no such set.
            StorageError: If the order cannot be kept.
        """
        for old in self._jobs.list(QUEUE):
            if old.is_over:
                self._jobs.forget(old.id)
        title = f"Probe set {self._asked(order).name}"
        return self._jobs.submit(KIND, title, QUEUE, order.as_dict())

    def latest(self, order: ProbeOrder) -> Job | None:
        """The last run of just this, if there is one."""
        wanted = order.as_dict()
        return next((job for job in self._jobs.list(QUEUE) if job.order == wanted), None)

    def stop(self, job_id: str) -> None:
        """Ask a run to stop; the pairs that are scored stay."""
        self._jobs.cancel(job_id)

    def wait(self, job_id: str, seconds: float) -> Job:
        """The run once it is over, or as it stands after so many seconds."""
        return self._jobs.wait(job_id, seconds)

    def _run(self, job: Job, control: Control) -> Mapping[str, Any]:
        order = ProbeOrder(**job.order)
        asked = self._asked(order)
        start = time.monotonic()
        table = ScoreTable(
            [text for probe in asked.probes for text in probe.texts],
            self._models,
            self._cache,
            encoder=order.encoder,
            asked=SearchSettings(reranker=order.reranker),
            watch=_watch(control, start, "vectors"),
        )
        report = judge(asked.probes, table, asked.notes, _watch(control, start, "items"))
        key = self._key(order, asked)
        _write(self._path(key), report)
        self._remember(key, report)
        return {"items": len(asked.probes), "seconds": time.monotonic() - start}

    def _asked(self, order: ProbeOrder) -> ProbeSet:
        return self.sets.get(order.set_id).first(order.items)

    def _key(self, order: ProbeOrder, asked: ProbeSet) -> str:
        fingerprints = (
            asked.fingerprint,
            self._models.encoder(order.encoder).fingerprint,
            self._models.late().fingerprint,
            self._models.reranker(order.reranker).fingerprint,
            repr(SearchSettings(reranker=order.reranker)),
        )
        return hashlib.sha256("\x00".join(fingerprints).encode()).hexdigest()[:24]

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _remember(self, key: str, report: ProbeReport) -> None:
        with self._lock:
            self._reports[key] = report
            while len(self._reports) > _REPORTS_KEPT:
                self._reports.popitem(last=False)


def _watch(control: Control, start: float, phase: str) -> Callable[[int, int], None]:
    """Tells how far a phase is, a few times a second, and stops the work when it is asked to."""
    told_at = 0.0

    def watch(done: int, of: int) -> None:
        nonlocal told_at
        if control.cancelled():
            raise CancelledError("Stopped; what is scored stays.")
        now = time.monotonic()
        if done and now - told_at < _SECONDS_BETWEEN_WORDS:
            return
        told_at = now
        share = done / max(1, of)
        fraction = _SHARE_OF_VECTORS * share
        if phase == "items":
            fraction = _SHARE_OF_VECTORS + (1 - _SHARE_OF_VECTORS) * share
        control.tell(Progress(done, of, seconds=now - start, fraction=fraction, current=phase))

    return watch


def _write(path: Path, report: ProbeReport) -> None:
    """Keep all scores; shares and margins follow from them."""
    part = path.with_suffix(".part")
    values = {"stages": STAGE_ORDER, "scores": [outcome.scores for outcome in report.outcomes]}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(values), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise StorageError(
            "The results cannot be kept.", hint="Make room in the home folder."
        ) from error


def _read(path: Path, asked: ProbeSet) -> tuple[Outcome, ...] | None:
    """What was kept; a file that is missing, damaged or of other stages counts as none."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if tuple(values["stages"]) != STAGE_ORDER:
            return None
        wanted = [(probe, stage) for probe in asked.probes for stage in STAGE_ORDER]
        return tuple(
            outcome_of(probe, stage, tuple(tuple(map(float, row)) for row in scores))
            for (probe, stage), scores in zip(wanted, values["scores"], strict=True)
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
