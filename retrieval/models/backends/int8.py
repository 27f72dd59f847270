"""Networks in int8: rounded to what a person's own passages need, and kept only if that holds.

Each network is kept with a verdict: on which passages it was calibrated, and how far its first ten
agree with those of the network it was made from. One that agrees too little is not kept, and its
verdict says why the other goes on serving.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrieval.errors import SettingsError
from retrieval.models.backends import Head, UnfitError
from retrieval.models.backends.openvino_runtime import library
from retrieval.models.batching import PaddedBatch
from retrieval.models.keeping import keep_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retrieval.models.folder import ModelFolder

AGREEMENT = 0.98
"""The least share of the first ten that must stay the same."""

_FORM = 1
"""Raised when the same passages are to be calibrated on in another way."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of calibrating one network.

    Attributes:
        model: Name of the model's folder.
        head: ``tokens`` for an encoder, ``logit`` for a cross-encoder.
        source: The collection whose passages were read.
        passages: How many of them.
        fingerprint: Names passages, network and versions, in hex.
        agreement: Share of the first ten that stayed the same, mean over all questions.
        speed: How many times as fast as the network it was made from.
        openvino: Version that made it.
        measured: When, in ISO form.
    """

    model: str
    head: Head
    source: str
    passages: int
    fingerprint: str
    agreement: float
    speed: float
    openvino: str
    measured: str

    @property
    def is_good(self) -> bool:
        """Whether the network may serve."""
        return self.agreement >= AGREEMENT

    @property
    def sentence(self) -> str:
        """What was measured, in one line."""
        kept = "it may serve" if self.is_good else "the default goes on serving"
        return (
            f"int8 keeps {self.agreement:.3f} of the first ten of {self.model} on "
            f"{self.passages:,} passages of {self.source!r}, and {AGREEMENT} is asked: {kept}."
        )

    def as_dict(self) -> dict[str, Any]:
        """The verdict as plain values for JSON."""
        return {**asdict(self), "good": self.is_good}


def calibration_obstacle() -> str:
    """Why nothing can be calibrated here; empty where it can."""
    if importlib.util.find_spec("nncf") is None:
        return "the package nncf is not installed (pip install nncf==3.4.0)"
    return ""


def fingerprint(folder: ModelFolder, head: Head, texts: Sequence[str]) -> str:
    """Names everything that a calibrated network depends on."""
    parts = [folder.weights_hash, head, library().__version__, str(_FORM), *texts]
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def quantise(network: Any, batches: Sequence[PaddedBatch]) -> Any:
    """The network in int8, its ranges taken from what it makes of these batches.

    Args:
        network: The converted network.
        batches: Passages, as the network reads them.

    Raises:
        SettingsError: If ``nncf`` is not installed.
    """
    if reason := calibration_obstacle():
        raise SettingsError(
            f"int8 cannot be calibrated: {reason}.", hint="Install it, or keep the default."
        )
    names = [port.any_name for port in network.inputs]
    with _silent():
        import nncf  # noqa: PLC0415  # optional, and seconds of import

        # Not by nncf.set_log_level: it would set every handler that hangs on this logger, too.
        logging.getLogger("nncf").setLevel(logging.ERROR)
        return nncf.quantize(
            network.clone(),
            nncf.Dataset(list(batches), lambda batch: {n: getattr(batch, n) for n in names}),
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(batches),
        )


class Verdicts:
    """The verdicts under a home folder, one for each network.

    Args:
        folder: Where converted networks lie; None keeps none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def find(self, folder: ModelFolder, head: Head) -> Verdict | None:
        """What came of the last calibration; None if there was none, or it cannot be read."""
        try:
            return Verdict(**json.loads(self._path(folder, head).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def serving(self, folder: ModelFolder, head: Head) -> Verdict:
        """The verdict of a network that may serve.

        Raises:
            UnfitError: If there is none, or it was made by another version of OpenVINO.
        """
        found = self.find(folder, head)
        if found is None:
            raise UnfitError("it has not been calibrated on passages of yours")
        if not found.is_good:
            raise UnfitError(found.sentence.rstrip("."))
        if found.openvino != library().__version__:
            raise UnfitError("it was calibrated with another version of openvino")
        return found

    def keep(self, folder: ModelFolder, verdict: Verdict) -> None:
        """Write a verdict in the place of the last one.

        Raises:
            StorageError: If the home folder cannot be written.
        """
        path = self._path(folder, verdict.head)
        keep_record(path, json.dumps(asdict(verdict)), "The calibration")

    def _path(self, folder: ModelFolder, head: Head) -> Path:
        if self._folder is None:
            raise UnfitError("there is no home folder to keep a calibrated network in")
        return self._folder / f"{folder.weights_hash[:16]}-{head}-int8.json"


@contextmanager
def _silent() -> Iterator[None]:
    """Without the progress bars of nncf, and without the reports it would send to Intel."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield
