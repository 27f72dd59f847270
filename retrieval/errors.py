"""Everything that can go wrong for a person, in their words.

Each error carries a stable ``code`` for programs, a ``message`` of one line and a ``hint`` that
says what to do next. The pages render them in one place, the command line in one place.
A programmer's mistake is a ``ValueError`` and none of these.
"""

from __future__ import annotations

from typing import ClassVar


class SecondLookError(Exception):
    """Anything that a person can mend or has to know."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def as_dict(self) -> dict[str, str]:
        """The error as a record: ``code``, ``message`` and ``hint``."""
        return {"code": self.code, "message": self.message, "hint": self.hint}


class QueryError(SecondLookError):
    """A question that cannot be asked: empty, or longer than any model reads."""

    code = "query"


class SettingsError(SecondLookError):
    """A setting outside its bounds, or two that contradict each other."""

    code = "settings"


class CollectionError(SecondLookError):
    """A collection that is not there, not allowed, or made with another encoder."""

    code = "collection"


class CollectionMissingError(CollectionError):
    """A collection that does not exist, or was deleted while it was being read."""

    code = "collection_missing"


class IngestError(SecondLookError):
    """Input that could not become documents."""

    code = "ingest"


class ParseError(IngestError):
    """One file that cannot be read; the others go on."""

    code = "parse"


class StorageError(SecondLookError):
    """The home folder cannot be read or written: no room, no permission."""

    code = "storage"


class ModelError(SecondLookError):
    """A model that is missing, damaged, of the wrong kind, or does not fit."""

    code = "model"


class FetchError(ModelError):
    """A model that could not be fetched from its hub; what arrived whole is kept."""

    code = "fetch"


class RemoteError(ModelError):
    """A service elsewhere that must not be asked, refuses, or answers nonsense."""

    code = "remote"


class TrainingError(SecondLookError):
    """Data or a checkpoint that nothing can be learned from."""

    code = "training"


class RoleError(SecondLookError):
    """Something that this person's role does not allow, or nobody's without signing in."""

    code = "role"


class CancelledError(SecondLookError):
    """Work that a person stopped; what was finished before is kept."""

    code = "cancelled"


class ReviewError(SecondLookError):
    """A review that cannot be made, was deleted or closed, or a judgment that does not fit it."""

    code = "review"
