"""Which backend serves: the table of all, best first, and the way down when one fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.errors import ModelError, SettingsError
from retrieval.models.backends import Backend, Head, UnfitError, openvino_runtime, pytorch
from retrieval.models.backends.openvino import OpenVinoBackend
from retrieval.models.backends.openvino import Precision as OpenVinoPrecision
from retrieval.models.backends.pytorch import Precision as TorchPrecision
from retrieval.models.backends.pytorch import TorchBackend
from retrieval.models.backends.resources import Resources
from retrieval.models.batching import PaddedBatch
from retrieval.models.folder import ModelFolder

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class BackendInfo:
    """What a person should know of a backend before picking it.

    Attributes:
        id: Its name in settings, fingerprints and reports.
        label: What lists call it.
        help: When to pick it, in one line.
        precision: In what it multiplies.
        obstacle: Why it cannot be used here; empty where it can.
        load: Loads a model folder.
        has_streams: Whether it runs several passes at one time.
        is_rare: Whether most machines lack it, so that its absence is no news.
        is_option: Whether it serves only where it is asked for by name.
    """

    id: str
    label: str
    help: str
    precision: str
    obstacle: Callable[[], str]
    load: Callable[[ModelFolder, Head, Resources], Backend]
    has_streams: bool = False
    is_rare: bool = False
    is_option: bool = False

    @property
    def is_available(self) -> bool:
        """Whether this machine has what it needs."""
        return not self.obstacle()


@dataclass(frozen=True, slots=True)
class Choice:
    """A backend that serves, and why those before it do not.

    Attributes:
        info: Its entry in the table.
        backend: The loaded network.
        remarks: One line for each reason why better backends were passed over.
    """

    info: BackendInfo
    backend: Backend
    remarks: tuple[str, ...]


def _torch(precision: TorchPrecision) -> Callable[[ModelFolder, Head, Resources], Backend]:
    return lambda folder, head, resources: TorchBackend(folder, head, precision, resources.threads)


def _openvino(precision: OpenVinoPrecision) -> Callable[[ModelFolder, Head, Resources], Backend]:
    return lambda folder, head, resources: OpenVinoBackend.load(folder, head, precision, resources)


BACKENDS: tuple[BackendInfo, ...] = (
    BackendInfo(
        id="cuda-fp16",
        label="NVIDIA GPU, half precision",
        help="torch on a GPU; by far the fastest where there is one.",
        precision="fp16",
        obstacle=pytorch.cuda_obstacle,
        load=_torch("fp16"),
        is_rare=True,
    ),
    BackendInfo(
        id="openvino-bf16",
        label="OpenVINO, bf16",
        help="The default on processors that multiply in bf16.",
        precision="bf16",
        obstacle=openvino_runtime.bf16_obstacle,
        load=_openvino("bf16"),
        has_streams=True,
    ),
    BackendInfo(
        id="openvino-int8",
        label="OpenVINO, int8",
        help="An option: calibrated on your passages, and used only where the first ten stay.",
        precision="int8",
        obstacle=openvino_runtime.obstacle,
        load=_openvino("int8"),
        has_streams=True,
        is_option=True,
    ),
    BackendInfo(
        id="openvino-f32",
        label="OpenVINO, single precision",
        help="The default on other processors; scores as published.",
        precision="fp32",
        obstacle=openvino_runtime.obstacle,
        load=_openvino("f32"),
        has_streams=True,
    ),
    BackendInfo(
        id="torch-bf16",
        label="torch, bf16",
        help="Serves where OpenVINO cannot.",
        precision="bf16",
        obstacle=pytorch.bf16_obstacle,
        load=_torch("bf16"),
    ),
    BackendInfo(
        id="torch-fp32",
        label="torch, single precision",
        help="The reference: computes the network exactly as published, and slowest.",
        precision="fp32",
        obstacle=lambda: "",
        load=_torch("fp32"),
    ),
)
"""Best first; each serves where those above it cannot."""


def find_backend(backend_id: str) -> BackendInfo:
    """The entry of this id.

    Raises:
        SettingsError: If there is none.
    """
    for info in BACKENDS:
        if info.id == backend_id:
            return info
    known = ", ".join((AUTO, *(info.id for info in BACKENDS)))
    raise SettingsError(f"There is no backend {backend_id!r}.", hint=f"Choose from {known}.")


def choose(asked: str, folder: ModelFolder, head: Head, resources: Resources) -> Choice:
    """Load a model with the backend that was asked for, or the best one that works.

    Args:
        asked: Id of a backend, or ``auto``.
        folder: The checked folder of the model.
        head: ``tokens`` for an encoder, ``logit`` for a cross-encoder.
        resources: What it may use.

    Raises:
        SettingsError: If there is no such backend.
        ModelError: If the model is damaged or of another kind, or no backend can run it.
    """
    reasons: dict[str, list[str]] = {}
    for info in _order(asked):
        if reason := info.obstacle():
            if not info.is_rare or info.id == asked:
                reasons.setdefault(f"cannot be used: {reason}", []).append(info.id)
            continue
        try:
            backend = info.load(folder, head, resources)
            _try(backend)
        except ModelError:
            raise
        except UnfitError as error:
            reasons.setdefault(f"does not serve {folder.path.name}: {error}", []).append(info.id)
        except Exception as error:  # noqa: BLE001  # whatever it is, the next one may work
            reason = f"cannot run {folder.path.name}: {_first_line(error)}"
            reasons.setdefault(reason, []).append(info.id)
        else:
            return Choice(info, backend, _remarks(reasons))
    raise ModelError(
        f"No backend can run the model in {folder.path}: {' '.join(_remarks(reasons))}",
        hint="Close other programs if memory is short, or choose another model.",
    )


def _remarks(reasons: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(f"{' and '.join(names)} {reason}." for reason, names in reasons.items())


def _order(asked: str) -> Iterator[BackendInfo]:
    if asked != AUTO:
        yield find_backend(asked)
    yield from (info for info in BACKENDS if info.id != asked and not info.is_option)


def _try(backend: Backend) -> None:
    """One pass over two tokens: a backend that fails here is passed over before anyone waits."""
    ones = np.ones((1, 2), dtype=np.int64)
    zeros = np.zeros_like(ones)
    values = backend.run(PaddedBatch((0,), zeros, ones, zeros, zeros))
    if not np.isfinite(values).all():
        raise ArithmeticError("its first result is not a number")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}".rstrip(".") if lines else type(error).__name__
