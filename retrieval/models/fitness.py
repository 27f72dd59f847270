"""Whether a model fits what it is wanted for, told from its configuration alone.

It is asked before a model is loaded, and while one is fetched before its large files are.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from retrieval.errors import ModelError
from retrieval.models.folder import Kind, ModelFolder

_MADE_FOR: Mapping[Kind, str] = MappingProxyType(
    {
        "encoder": "makes one vector of each text",
        "late": "makes one vector of each token",
        "reranker": "scores pairs of texts",
    }
)
_WANTED: Mapping[Kind, str] = MappingProxyType(
    {"encoder": "an encoder", "late": "a late-interaction model", "reranker": "a reranker"}
)


def check_fit(folder: ModelFolder, kind: Kind, name: str) -> None:
    """See that a model was made for what it is wanted for.

    Any encoder gives token vectors too; a reranker's would have been trained for nothing like it.

    Args:
        folder: The model's folder.
        kind: What it is wanted for.
        name: What a message calls it.

    Raises:
        ModelError: If it was made for something else, or is a classifier of several labels.
    """
    if folder.kind != kind and not (kind == "late" and folder.kind == "encoder"):
        raise ModelError(
            f"{name} {_MADE_FOR[folder.kind]}, and {_WANTED[kind]} is wanted.",
            hint="Choose it where its kind is asked for, or another one here.",
        )
    if kind == "reranker" and (labels := folder.labels) != 1:
        raise ModelError(
            f"{name} has {labels} labels; a reranker has one.",
            hint="Choose a cross-encoder that was trained to score relevance.",
        )
    if kind == "encoder":
        # Asks for modules and a pooling that are run here, and says which are not.
        _ = folder.pooling
