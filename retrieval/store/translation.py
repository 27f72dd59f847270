"""LanceDB's plain exceptions, told as errors that a person can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from retrieval.errors import CollectionMissingError, SecondLookError, StorageError

_GONE = ("not found", "no such file")
_FULL = ("no space left", "file too large", "disk quota")
_DENIED = ("permission denied", "read-only file system", "not permitted", "not a directory")
_NO_BUCKET = ("nosuchbucket",)
_REFUSED = ("status: 401", "status: 403", "accessdenied", "invalidaccesskey", "credential")
_UNREACHABLE = ("kind: connect", "kind: timeout", "dns error")
_RUST_SOURCE = re.compile(r",?\s*/\S+\.rs:\d+(:\d+)?")


def missing(name: str) -> CollectionMissingError:
    """The error for a collection that vanished while it was being used."""
    return CollectionMissingError(
        f"The collection “{name}” is no longer there: it was deleted meanwhile.",
        hint="Choose another collection.",
    )


@contextmanager
def storage_errors(name: str = "") -> Iterator[None]:
    """Translate what LanceDB raises inside the block.

    Args:
        name: The collection that is being used, if it is one.

    Raises:
        CollectionMissingError: If a table of the collection is gone.
        StorageError: If the home folder is full, cannot be written, or fails otherwise.
    """
    try:
        yield
    except SecondLookError:
        raise
    except (ValueError, OSError, RuntimeError) as error:
        raise _translate(error, name) from error


def _translate(error: Exception, name: str) -> SecondLookError:
    # LanceDB tells a full disk and a missing table apart in the text of the message alone.
    message = str(error)
    lowered = message.lower()
    if remote := _remote(lowered):
        return remote
    if any(word in lowered for word in _FULL):
        return StorageError(
            "There is no room left to store the collection.",
            hint="Free some disk space and ingest again; what was finished is kept.",
        )
    if any(word in lowered for word in _DENIED):
        return StorageError(
            "The home folder cannot be written.",
            hint="Set SECOND_LOOK_HOME to a folder that you may write.",
        )
    if name and any(word in lowered for word in _GONE):
        return missing(name)
    short = _RUST_SOURCE.sub("", message.splitlines()[0] if message else repr(error))
    return StorageError(
        f"The store of collections failed: {short[:200]}",
        hint="Try again; if it stays, delete the collection and ingest it once more.",
    )


def _remote(message: str) -> StorageError | None:
    """What goes wrong only with an object store."""
    if any(word in message for word in _NO_BUCKET):
        return StorageError(
            "The object store has no such bucket.",
            hint="Make it first, or correct SECOND_LOOK_HOME.",
        )
    if any(word in message for word in _REFUSED):
        return StorageError(
            "The object store refuses the keys.",
            hint="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to ones that may read and write.",
        )
    if any(word in message for word in _UNREACHABLE):
        return StorageError(
            "The object store cannot be reached.",
            hint="Check the network and SECOND_LOOK_S3_ENDPOINT, and try again.",
        )
    return None
