"""One upload, two collections: the same passages with the vectors of two encoders, to be compared.

Both are cut by the first encoder's tokens, so that a passage has one id in both, and a difference
between two lists is one of the encoders and not of the cuts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from retrieval.errors import CollectionError
from retrieval.ingest.isolation import Stop
from retrieval.ingest.pipeline import ingest
from retrieval.ingest.report import OnProgress, Report
from retrieval.ingest.sources import Found
from retrieval.models.protocols import Encoder
from retrieval.progress import Progress
from retrieval.settings import Chunking
from retrieval.store import Collection, Store
from retrieval.store.names import beside_name


def check_comparable(encoder: Encoder, second: Encoder, chunking: Chunking) -> None:
    """Whether two encoders can be compared; asked before a collection is made, so that none stays.

    Args:
        encoder: The first encoder.
        second: The second one.
        chunking: How the documents are cut, or will be.

    Raises:
        CollectionError: If both are one.
        SettingsError: If the second does not read passages as long.
    """
    if encoder.weights == second.weights:
        raise CollectionError(
            f"{second.id} has the same weights as {encoder.id}; there is nothing to compare.",
            hint="Choose another second encoder, or none.",
        )
    special = second.tokenizer.num_special_tokens_to_add(is_pair=False)
    chunking.check_readable(second.id, second.max_tokens - special)


class Beside:
    """A collection and a second one of the same documents; the second is made if need be.

    Args:
        store: Where the collections are.
        first: The first collection.
        encoder: Its encoder.
        second: The encoder of the second one.

    Raises:
        CollectionError: If both encoders are one, or the second collection has another.
        SettingsError: If the second encoder does not read passages as long.
    """

    def __init__(self, store: Store, first: Collection, encoder: Encoder, second: Encoder) -> None:
        check_comparable(encoder, second, first.info.chunking)
        self._first, self._encoder, self._second = first, encoder, second
        name = beside_name(first.name, second.id)
        self._other = store.open_or_create(name, second, first.info.chunking)
        self._other.check_encoder(second)

    def ingest(
        self,
        sources: Callable[[], Iterable[Found]],
        on_progress: OnProgress | None = None,
        cancelled: Stop | None = None,
    ) -> tuple[Report, ...]:
        """Bring files into both, the first one first.

        Args:
            sources: Gives the files, once for each collection.
            on_progress: Called after each step, with the share of both together.
            cancelled: Asked between steps; what is finished is kept.

        Returns:
            The report of each; that of the first alone if it was stopped.
        """
        first = ingest(
            self._first,
            sources(),
            self._encoder,
            on_progress=_half(on_progress, 0.0),
            cancelled=cancelled,
        )
        if first.cancelled:
            return (first,)
        second = ingest(
            self._other,
            sources(),
            self._second,
            cut_by=self._encoder,
            on_progress=_half(on_progress, 0.5),
            cancelled=cancelled,
        )
        return (first, second)


def both_as_dict(reports: Sequence[Report]) -> dict[str, Any]:
    """The first report as plain values, with the second under ``beside``."""
    first, *others = (report.as_dict() for report in reports)
    return {**first, "beside": others[0]} if others else first


def _half(on_progress: OnProgress | None, done: float) -> OnProgress | None:
    if on_progress is None:
        return None

    def tell(progress: Progress) -> None:
        on_progress(replace(progress, fraction=done + progress.fraction / 2))

    return tell
