"""All collections of a home folder: make, open, list and delete them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from lancedb.db import DBConnection

from retrieval.access import require
from retrieval.errors import CollectionError, CollectionMissingError, StorageError
from retrieval.home import Home
from retrieval.models.protocols import Encoder
from retrieval.settings import Chunking, home_of
from retrieval.store.collection import Collection
from retrieval.store.filters import one_of
from retrieval.store.location import connect, table_found, table_made
from retrieval.store.names import valid_name
from retrieval.store.schema import (
    DOCUMENTS,
    JUDGMENTS,
    QUESTIONS,
    REGISTRY,
    CollectionInfo,
    chunk_schema,
)
from retrieval.store.snapshot import Snapshots
from retrieval.store.translation import missing, storage_errors
from retrieval.store.versions import VERSIONS

_REGISTRY = "collections"


class Store:
    """The collections under one home folder.

    Safe to share between threads, and to open in several processes at once.
    """

    def __init__(self, home: Home | Path | str) -> None:
        """Open the store of ``home``: a folder, made if need be, or an object store's address."""
        with storage_errors():
            self._database: DBConnection = connect(home_of(home))
        self._snapshots = Snapshots()
        self._read: tuple[int, Mapping[str, CollectionInfo]] = (0, {})

    def create(self, name: str, encoder: Encoder, chunking: Chunking | None = None) -> Collection:
        """Make an empty collection.

        Args:
            name: What a person calls it.
            encoder: The encoder that is to make its vectors.
            chunking: How to cut its documents; by default as ``Chunking`` says, or in pieces as
                long as the encoder reads where that is less.

        Raises:
            CollectionError: If the name is taken or not allowed.
            RoleError: If whoever is at work may not.
            SettingsError: If the chunks would be longer than the encoder reads.
            StorageError: If the home folder cannot be written.
        """
        require("editor", "make collections")
        name = valid_name(name)
        readable = encoder.max_tokens - encoder.tokenizer.num_special_tokens_to_add(is_pair=False)
        chunking = chunking or Chunking(tokens=min(Chunking().tokens, readable))
        chunking.check_readable(encoder.id, readable)
        info = CollectionInfo(
            id=secrets.token_hex(8),
            name=name,
            encoder=encoder.id,
            weights=encoder.weights,
            dimension=encoder.dimension,
            chunk_tokens=chunking.tokens,
            overlap=chunking.overlap,
            created=datetime.now(UTC).isoformat(),
        )
        with storage_errors():
            if self._present(name):
                raise _taken(name)
            self._make_tables(info)
            if self._register(info) != info:
                self._drop_tables(info)
                raise _taken(name)
        return Collection(self._database, info, self._snapshots)

    def open(self, name: str) -> Collection:
        """The collection of this name.

        Raises:
            CollectionMissingError: If there is none; the hint names those that there are.
            RoleError: If whoever is at work may not.
        """
        require("editor", "open collections")
        with storage_errors(name):
            if found := self._present(name):
                return Collection(self._database, found, self._snapshots)
            names = self.names()
        hint = f"There are: {', '.join(names)}." if names else "Ingest some documents first."
        raise CollectionMissingError(f"There is no collection “{name}”.", hint=hint)

    def open_or_create(
        self, name: str, encoder: Encoder, chunking: Chunking | None = None
    ) -> Collection:
        """The collection of this name, made empty if there is none.

        One that is there keeps its own encoder and chunking. Raises what ``create`` does.
        """
        try:
            return self.open(name)
        except CollectionMissingError:
            return self.create(name, encoder, chunking)

    def names(self) -> tuple[str, ...]:
        """Names of all collections, in order of the alphabet; raises ``RoleError`` as ``open``."""
        require("editor", "list collections")
        with storage_errors():
            # One look at all tables: to open each of them takes a millisecond a collection.
            tables = set(self._database.list_tables().tables)
            registered = self._registered().items()
            return tuple(sorted(name for name, info in registered if _main_table(info) in tables))

    def encoders(self) -> dict[str, str]:
        """Id of each collection's encoder, by the collection's name; nothing is counted for it."""
        with storage_errors():
            return {name: info.encoder for name, info in self._registered().items()}

    def list(self) -> tuple[CollectionInfo, ...]:
        """All collections with what they hold, by name; those that vanish meanwhile left out."""
        found = []
        for name in self.names():
            try:
                found.append(self.open(name).info)
            except CollectionMissingError:
                continue
        return tuple(found)

    def rename(self, name: str, new: str) -> Collection:
        """Call a collection something else; what it holds and its id stay.

        The new name is entered before the old one goes, so that a kill between the two leaves a
        collection of two names; renaming it again completes it.

        Raises:
            CollectionMissingError: If there is none of this name.
            CollectionError: If the new name is taken or not allowed.
        """
        new = valid_name(new)
        info = self.open(name).info
        if new == info.name:
            return self.open(name)
        renamed = replace(info, name=new)
        with storage_errors(name):
            self._register_or_fail(renamed)
            old_name = f"{one_of('id', [info.id])} AND {one_of('name', [info.name])}"
            self._database.open_table(_REGISTRY).delete(old_name)
            self._snapshots.forget_collection(info.id)
        return self.open(new)

    @contextmanager
    def building(self, info: CollectionInfo) -> Iterator[Collection]:
        """A collection that appears under its name once the block ends well, and else never was.

        Raises:
            CollectionError: If the name is taken or not allowed.
            RoleError: If whoever is at work may not.
            StorageError: If the home folder cannot be written.
        """
        require("editor", "make collections")
        info = replace(info, id=secrets.token_hex(8), name=valid_name(info.name))
        with storage_errors():
            if self._present(info.name):
                raise _taken(info.name)
            self._make_tables(info)
        try:
            yield Collection(self._database, info, self._snapshots)
            with storage_errors():
                self._register_or_fail(info)
        except BaseException:
            with storage_errors():
                self._drop_tables(info)
            raise

    def delete(self, name: str) -> None:
        """Remove a collection and all that belongs to it.

        Raises:
            CollectionMissingError: If there is none of this name.
            RoleError: If whoever is at work may not.
        """
        require("admin", "delete collections")
        with storage_errors():
            info = self._registered().get(name)
            if info is not None:
                # The registry's row goes last: killed half-way, the deletion can be repeated.
                self._drop_tables(info)
                self._database.open_table(_REGISTRY).delete(one_of("id", [info.id]))
                self._snapshots.forget_collection(info.id)
                return
        raise missing(name)

    def _present(self, name: str) -> CollectionInfo | None:
        """The collection of this name, unless its tables are gone or only half deleted."""
        for anew in (False, True):
            info = self._registered(anew=anew).get(name)
            if info and self._stands(info):
                return info
        return None

    def _stands(self, info: CollectionInfo) -> bool:
        return table_found(self._database, _main_table(info)) is not None

    def _registered(self, *, anew: bool = False) -> Mapping[str, CollectionInfo]:
        """All collections by name; read when the registry has changed, or ``anew``."""
        registry = table_found(self._database, _REGISTRY)
        if registry is None:
            return {}
        version, known = registry.version, self._read
        if known[0] == version and not anew:
            return known[1]
        infos = [_info(row) for row in registry.search().to_list()]
        # Of two processes that made one name at the same moment, the first one has it.
        infos.sort(key=lambda info: (info.created, info.id), reverse=True)
        found = {info.name: info for info in infos}
        self._read = (version, found)
        return found

    def _register(self, info: CollectionInfo) -> CollectionInfo:
        """Enter a collection and return the one that now holds its name."""
        registry = table_made(self._database, _REGISTRY, REGISTRY)
        half_deleted = self._registered().get(info.name)
        if half_deleted and not self._present(info.name):
            registry.delete(one_of("id", [half_deleted.id]))
        rows = pa.Table.from_pylist([info.row()], schema=REGISTRY)
        registry.merge_insert("name").when_not_matched_insert_all().execute(rows)
        return self._registered()[info.name]

    def _register_or_fail(self, info: CollectionInfo) -> None:
        if self._register(info).id != info.id:
            raise _taken(info.name)

    def _make_tables(self, info: CollectionInfo) -> None:
        for name, schema in self._tables(info).items():
            self._database.create_table(name, schema=schema)

    def _drop_tables(self, info: CollectionInfo) -> None:
        # Token vectors are stored on request only, so that table may never have been made.
        for name in (*self._tables(info), f"{info.id}.tokens"):
            if table_found(self._database, name) is not None:
                self._database.drop_table(name)

    @staticmethod
    def _tables(info: CollectionInfo) -> dict[str, pa.Schema]:
        return {
            _main_table(info): chunk_schema(info.dimension),
            f"{info.id}.documents": DOCUMENTS,
            f"{info.id}.questions": QUESTIONS,
            f"{info.id}.judgments": JUDGMENTS,
            f"{info.id}.versions": VERSIONS,
        }


def _main_table(info: CollectionInfo) -> str:
    """The table without which there is no collection."""
    return f"{info.id}.chunks"


def _info(row: dict[str, Any]) -> CollectionInfo:
    if row.keys() != set(REGISTRY.names):
        raise StorageError(
            "The collections in the home folder were written by another version of Second Look.",
            hint="Start that version, or set SECOND_LOOK_HOME to another folder.",
        )
    return CollectionInfo(**row)


def _taken(name: str) -> CollectionError:
    return CollectionError(
        f"There is already a collection “{name}”.",
        hint="Choose another name, delete it first, or ingest into it.",
    )
