"""Opens the database of collections, in a folder or in an object store."""

from __future__ import annotations

import os
from datetime import timedelta

import lancedb
from lancedb.db import DBConnection

from retrieval.settings import Home, is_remote, settings

_DEFAULT_REGION = "us-east-1"


def connect(home: Home) -> DBConnection:
    """The collections of a home; keys come from the environment, as ``AWS_*`` variables."""
    return database(home.collections)


def database(address: str) -> DBConnection:
    """The database in a folder or at an address."""
    options = storage_options() if is_remote(address) else None
    # Zero lag: what another process has written is seen by the next call.
    return lancedb.connect(address, read_consistency_interval=timedelta(0), storage_options=options)


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
