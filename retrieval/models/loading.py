"""Loading: each model once a process, however many people ask, with the time it took."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from retrieval.errors import RemoteError
from retrieval.models.backends import Head
from retrieval.models.backends.choice import (
    AUTO,
    BackendInfo,
    choose,
    find_backend,
)
from retrieval.models.backends.converted import ConvertedNetworks
from retrieval.models.backends.resources import Resources, available_cores
from retrieval.models.cards import (
    DEFAULT_ENCODER,
    DEFAULT_LATE,
    DEFAULT_RERANKER,
    find_card,
)
from retrieval.models.encoder import BiEncoder, TokenVectors
from retrieval.models.fitness import check_fit
from retrieval.models.folder import Kind, ModelFolder
from retrieval.models.learned import Versions
from retrieval.models.multivector import LateInteractionModel
from retrieval.models.protocols import Encoder, ListReranker, Reranker, TokenEncoder
from retrieval.models.remote.client import Client
from retrieval.models.remote.listwise import ChatReranker
from retrieval.models.remote.scoring import ScoringService
from retrieval.models.remote.services import find_service, is_remote
from retrieval.models.remote.spending import Spending
from retrieval.models.reranker import CrossEncoderReranker
from retrieval.models.sharing import SharedNetwork
from retrieval.models.workers import Workers
from retrieval.settings import settings

_LOG = logging.getLogger(__name__)

Loaded = TypeVar("Loaded")


@dataclass(frozen=True, slots=True)
class Serving:
    """One loaded network and what runs it.

    Attributes:
        model: The folder it was read from.
        head: ``tokens`` for an encoder, ``logit`` for a cross-encoder.
        backend: Id of its backend.
        label: What lists call that backend.
        precision: In what it multiplies.
        tokens_per_second: Measured over all passes so far; None before the first.
    """

    model: str
    head: Head
    backend: str
    label: str
    precision: str
    tokens_per_second: float | None


@dataclass(frozen=True, slots=True)
class Description:
    """What computes in this process, for people to read.

    Attributes:
        asked: The backend that was asked for, or ``auto``.
        threads: Cores used.
        networks: The loaded networks.
        remarks: Why better backends do not serve, one line each.
    """

    asked: str
    threads: int
    networks: tuple[Serving, ...]
    remarks: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The description as plain values for JSON."""
        return asdict(self)


class Models:
    """The models of one process, loaded when first asked for and shared by all threads.

    Args:
        home: The home folder, where converted networks are kept; None keeps none.
        backend: Id of a backend, or ``auto``; None takes the process's setting.
        threads: Cores to compute with; None takes the process's setting, which is all.

    Raises:
        SettingsError: If there is no such backend.
    """

    def __init__(
        self, home: Path | None = None, *, backend: str | None = None, threads: int | None = None
    ) -> None:
        self._networks = ConvertedNetworks(home)
        self._client = Client(Spending(home))
        self._lock = threading.Lock()
        self.configure(
            settings().backend if backend is None else backend,
            settings().threads if threads is None else threads,
        )

    def configure(self, backend: str = AUTO, threads: int | None = None) -> None:
        """Compute with another backend or number of cores from now on.

        Every model is loaded anew when it is next asked for; work that has begun ends as it began.

        Args:
            backend: Id of a backend, or ``auto``.
            threads: Cores to compute with; None takes all.

        Raises:
            SettingsError: If there is no such backend.
        """
        if backend != AUTO:
            find_backend(backend)
        with self._lock:
            self._asked = backend
            self._resources = Resources(threads or available_cores(), self._networks)
            self._loaded: dict[tuple[str, str], Any] = {}
            self._turns: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)
            self._served: dict[tuple[str, Head], tuple[BackendInfo, SharedNetwork]] = {}
            self._remarks: dict[str, None] = {}
            # Networks of one kind share the cores, so they share a line.
            self._workers = {
                True: Workers(self._resources.streams),
                False: Workers(1),
            }
            self.loading_ms: dict[str, float] = {}

    def describe(self) -> Description:
        """What computes, in which precision, on how many cores, and how fast it has been."""
        with self._lock:
            return Description(
                asked=self._asked,
                threads=self._resources.threads,
                networks=tuple(
                    Serving(
                        model=path,
                        head=head,
                        backend=info.id,
                        label=info.label,
                        precision=info.precision,
                        tokens_per_second=network.meter.tokens_per_second,
                    )
                    for (path, head), (info, network) in self._served.items()
                ),
                remarks=tuple(self._remarks),
            )

    def encoder(self, model_id: str = DEFAULT_ENCODER) -> Encoder:
        """The bi-encoder of this id.

        Raises:
            ModelError: If it is not there, damaged, or of another kind.
        """
        return self._timed("encoder", model_id, self._load_encoder)

    def late(self, model_id: str = DEFAULT_LATE) -> TokenEncoder:
        """The late-interaction encoder of this id.

        Raises:
            ModelError: If it is not there, damaged, or of another kind.
        """
        return self._timed("late", model_id, self._load_late)

    def reranker(self, model_id: str = DEFAULT_RERANKER) -> Reranker:
        """The cross-encoder of this id, or the service that scores pairs.

        Raises:
            ModelError: If it is not there, damaged, or of another kind.
            RemoteError: If it is a service that ranks whole lists.
        """
        found = self.any_reranker(model_id)
        if isinstance(found, ListReranker):
            raise RemoteError(
                f"{model_id} puts whole lists in order, and this needs a score for each pair.",
                hint="Choose another reranker here; on the search page it can be compared.",
            )
        return found

    def any_reranker(self, model_id: str = DEFAULT_RERANKER) -> Reranker | ListReranker:
        """The reranker of this id, whether it scores pairs or puts whole lists in order.

        Raises:
            ModelError: If it is not there, damaged, or of another kind.
        """
        if is_remote(model_id):
            service = find_service(model_id)
            kind = ChatReranker if service.kind == "chat" else ScoringService
            return kind(model_id, service, self._client)
        return self._timed("reranker", model_id, self._load_reranker)

    @property
    def spending(self) -> Spending:
        """The calls to services made today, and how many are left."""
        return self._client.spending

    def _timed(self, kind: Kind, model_id: str, load: Callable[[str], Loaded]) -> Loaded:
        def timed() -> Loaded:
            start = time.perf_counter()
            loaded = load(model_id)
            self.loading_ms[f"{kind} {model_id}"] = (time.perf_counter() - start) * 1000
            return loaded

        return self._once((kind, Versions(settings().home).of(model_id)), timed)

    def _once(self, key: tuple[str, str], load: Callable[[], Loaded]) -> Loaded:
        """What is loaded under a key; while one is being loaded, others can be had."""
        with self._lock:
            loaded, turn = self._loaded, self._turns[key]
        with turn:
            if key not in loaded:
                loaded[key] = load()
            return loaded[key]

    def _load_encoder(self, model_id: str) -> Encoder:
        folder = _folder(model_id, "encoder")
        return BiEncoder(model_id, folder, self._backend(folder, "tokens"))

    def _load_late(self, model_id: str) -> TokenEncoder:
        folder = _folder(model_id, "late")
        if folder.kind == "late":
            return LateInteractionModel(model_id, folder)
        return TokenVectors(model_id, folder, self._backend(folder, "tokens"))

    def _load_reranker(self, model_id: str) -> Reranker:
        folder = _folder(model_id, "reranker")
        return CrossEncoderReranker(model_id, folder, self._backend(folder, "logit"))

    def _backend(self, folder: ModelFolder, head: Head) -> SharedNetwork:
        """One network for each set of weights: the encoder and its token vectors share it."""
        return self._once(
            (f"network {head}", folder.weights_hash), lambda: self._load_network(folder, head)
        )

    def _load_network(self, folder: ModelFolder, head: Head) -> SharedNetwork:
        with self._lock:
            asked, resources, workers = self._asked, self._resources, self._workers
        choice = choose(asked, folder, head, resources)
        network = SharedNetwork(choice.backend, workers[choice.info.has_streams])
        with self._lock:
            for remark in choice.remarks:
                if remark not in self._remarks:
                    _LOG.warning("%s", remark)
                self._remarks[remark] = None
            self._served[str(folder.path), head] = (choice.info, network)
        return network


def _folder(model_id: str, kind: Kind) -> ModelFolder:
    """The checked folder of a model that fits.

    Raises:
        ModelError: If it is not here, damaged, or was made for something else.
    """
    folder = find_card(model_id, kind).open()
    check_fit(folder, kind, model_id)
    return folder
