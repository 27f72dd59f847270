"""What a hub says of a model: its files, how long each is, and what each must hash to."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, cast

from retrieval.errors import FetchError
from retrieval.models.hub.places import check_file, check_id
from retrieval.models.hub.wire import (
    TIMEOUT,
    check_answer,
    endpoint,
    hub_errors,
    key_headers,
    session,
)
from retrieval.models.vocabulary import FAST, OLDER
from retrieval.models.weights import SHARDS, WEIGHTS

_WANTED = {
    *("config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("modules.json", "config_sentence_transformers.json", "sentence_bert_config.json"),
    *("artifact.metadata", FAST, *(name for names in OLDER for name in names)),
}
_MODULE = re.compile(r"\d+_[A-Za-z]+/(config\.json|model\.safetensors)")
_SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
_CONVERTER = "SFconvertbot"
"""The hub's own account that offers weights as safetensors where a model has only a pickle."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a model.

    Attributes:
        name: Its path within the model.
        bytes: Its length.
        digest: What it must hash to, in hex.
        algorithm: ``sha256`` for large files, ``git`` (SHA-1 of a git blob) for small ones.
    """

    name: str
    bytes: int
    digest: str
    algorithm: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a model that are worth fetching, at one commit.

    Attributes:
        id: The model.
        commit: Names this state of it; addresses with it never change.
        files: Small ones first, so that a model that does not fit is told of early.
        converted: Whether the weights are the hub's own conversion of a pickle.
    """

    id: str
    commit: str
    files: tuple[RemoteFile, ...]
    converted: bool = False

    @property
    def bytes(self) -> int:
        """Length of all files together."""
        return sum(file.bytes for file in self.files)


def listing(model_id: str) -> Listing:
    """Ask the hub for a model's files.

    Raises:
        FetchError: If there is no network or no such model, or it has no safetensors weights.
        ModelError: If the id or a file's name would lead elsewhere.
    """
    found = _listing(check_id(model_id), None)
    if _has_weights(found):
        return found
    revision = _conversion(model_id)
    if revision is not None and _has_weights(offered := _listing(model_id, revision)):
        return replace(offered, converted=True)
    raise FetchError(
        f"{model_id} has no weights as safetensors at the hub, and nothing else is loaded.",
        hint="A pickle can run code. Save the model as safetensors, and give its folder.",
    )


def _listing(model_id: str, revision: str | None) -> Listing:
    from huggingface_hub import HfApi  # noqa: PLC0415  # half a second, for whoever fetches

    with hub_errors(model_id):
        told = HfApi(endpoint=endpoint()).model_info(
            model_id, revision=revision, files_metadata=True, timeout=TIMEOUT
        )
    names = {one.rfilename for one in told.siblings or ()}
    skipped = {name for names_ in OLDER for name in names_} if FAST in names else set()
    files = [_file(one) for one in told.siblings or () if _is_wanted(one.rfilename, skipped)]
    files.sort(key=lambda file: (file.bytes, file.name))
    return Listing(model_id, str(told.sha), tuple(files))


def _is_wanted(name: str, skipped: set[str]) -> bool:
    """Whether a file is data that is read here; programs and pickles never are."""
    is_weights = name in {WEIGHTS, SHARDS} or bool(_SHARD.fullmatch(name))
    return (name in _WANTED - skipped) or is_weights or bool(_MODULE.fullmatch(name))


def _file(told: Any) -> RemoteFile:
    name = check_file(told.rfilename)
    if told.lfs is not None:
        return RemoteFile(name, int(told.lfs.size), str(told.lfs.sha256), "sha256")
    return RemoteFile(name, int(told.size or 0), str(told.blob_id), "git")


def _has_weights(found: Listing) -> bool:
    return bool({WEIGHTS, SHARDS} & {file.name for file in found.files})


def _conversion(model_id: str) -> str | None:
    """The branch on which the hub offers the weights as safetensors; None if it does not."""
    asked = {"author": _CONVERTER, "type": "pull_request", "status": "open"}
    with hub_errors(model_id):
        answer = session().get(
            f"{endpoint()}/api/models/{model_id}/discussions",
            params=asked,
            headers=key_headers(),
            timeout=TIMEOUT,
        )
        check_answer(answer)
        offers = cast("list[dict[str, Any]]", answer.json().get("discussions") or [])
    for offer in offers:
        author = (offer.get("author") or {}).get("name")
        if author == _CONVERTER and offer.get("isPullRequest"):
            return f"refs/pr/{int(offer['num'])}"
    return None
