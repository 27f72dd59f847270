"""Opens the database of collections, in a folder or in an object store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Lock

import lancedb
import pyarrow as pa
from filelock import FileLock
from lancedb.db import DBConnection
from lancedb.table import Table

from retrieval.home import Home, is_remote
from retrieval.settings import settings

METADATA_CACHE_BYTES = 32 << 20
"""What LanceDB keeps of the versions it has read. Each commit makes one that nobody asks for again,
and of 1 GiB, its default, 390 commits of 256 chunks had filled 108 MiB."""
READ_AHEAD_BYTES = 32 << 20
"""What a scan may read before it is wanted. By default that is 2 GiB, so a scan of all vectors held
nearly all of them: 177 MiB for 100,000, where with this bound it held 86 and took as long."""
_DEFAULT_REGION = "us-east-1"
_one_thread = Lock()

os.environ.setdefault("LANCE_DEFAULT_IO_BUFFER_SIZE", str(READ_AHEAD_BYTES))


def connect(home: Home) -> DBConnection:
    """The collections of a home; keys come from the environment, as ``AWS_*`` variables."""
    return database(home.collections)


def database(address: str) -> DBConnection:
    """The database in a folder or at an address."""
    options = storage_options() if is_remote(address) else None
    # Zero lag: what another process has written is seen by the next call.
    return lancedb.connect(
        address,
        read_consistency_interval=timedelta(0),
        storage_options=options,
        session=lancedb.Session(metadata_cache_size_bytes=METADATA_CACHE_BYTES),
    )


def table_found(database: DBConnection, name: str) -> Table | None:
    """A table, or None where there is none of this name."""
    try:
        return database.open_table(name)
    except ValueError as error:
        if "was not found" in str(error):
            return None
        raise


def table_made(database: DBConnection, name: str, schema: pa.Schema) -> Table:
    """A table; made where there is none.

    One caller makes at a time, other processes included: of two that make a table at once, LanceDB
    0.40 lets the later overwrite the earlier's, with what was written to it meanwhile, whether
    ``exist_ok`` or not. Only callers on other machines, at an object store, cannot be held back.

    Args:
        database: Where it belongs.
        name: The table's.
        schema: Of a new one.
    """
    if (found := table_found(database, name)) is not None:
        return found
    with _alone(database.uri, name):
        return database.create_table(name, schema=schema, exist_ok=True)


@contextmanager
def _alone(address: str, name: str) -> Iterator[None]:
    if is_remote(address):
        with _one_thread:
            yield
        return
    locks = Path(address).parent / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / f"{name}.lock"):
        yield


def storage_options() -> dict[str, str]:
    """What LanceDB has to know beside the keys: where, and how long to wait."""
    endpoint = settings().s3_endpoint or os.environ.get("AWS_ENDPOINT_URL", "")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    # By default a store that cannot be reached is asked for three minutes.
    options = {"client_max_retries": "3", "client_retry_timeout": "20", "connect_timeout": "5s"}
    if endpoint:
        options["aws_endpoint"] = endpoint
        options["allow_http"] = str(endpoint.startswith("http://")).lower()
    return {**options, "aws_region": region or _DEFAULT_REGION}
