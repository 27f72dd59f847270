"""A model's folder on disk: what it claims to be, checked before any weight is loaded."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from tokenizers import Tokenizer

from retrieval.errors import ModelError
from retrieval.models.vocabulary import check_vocabulary, read_tokenizer
from retrieval.models.weights import check_whole, joint_hash, weight_files

Kind = Literal["encoder", "late", "reranker"]
Pooling = Literal["mean", "cls"]

_SHIFTED = frozenset({"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet"})
"""Families that count positions from the padding token's id on, so that two are never used."""

_NO_LIMIT = 1_000_000
"""A tokenizer without a limit of its own says so by a number past all sense."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder in the form that transformers saves, with safetensors weights.

    Attributes:
        path: The folder.
        config: Its ``config.json``.
        weights_hash: SHA-256 of the weights, in hex; of several files, one for all.
        prompts: Prefixes that the model wants and its folder does not name, by role.
    """

    path: Path
    config: dict[str, Any]
    weights_hash: str
    prompts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def open(
        cls, path: Path, sha256: str | None = None, prompts: Mapping[str, str] | None = None
    ) -> ModelFolder:
        """Check a folder.

        Args:
            path: The folder.
            sha256: What the weights must hash to, where that is known.
            prompts: Prefixes for a ``query`` or a ``document``, where its card knows them.

        Raises:
            ModelError: If a part is missing or damaged, or the weights are other ones.
        """
        if not (path / "config.json").is_file():
            raise ModelError(
                f"{path} holds no model: config.json is missing.",
                hint="Give a folder with config.json, a tokenizer and model.safetensors.",
            )
        check_vocabulary(path)
        network = weight_files(path)
        files = (*network, *_module_weights(path))
        for file in files:
            check_whole(file)
        actual = joint_hash(files)
        if sha256 is not None and actual != sha256:
            raise ModelError(
                f"The weights in {path} are not the published ones (SHA-256 {actual[:12]}…).",
                hint="Install the package that carries them again.",
            )
        return cls(path, _record(path / "config.json"), actual, MappingProxyType(prompts or {}))

    @classmethod
    def glance(cls, path: Path) -> ModelFolder | None:
        """What a folder says of itself, nothing of it checked; None where it says nothing."""
        try:
            found = cls(path, _record(path / "config.json"), "")
            says_something = found.max_tokens > 0 and found.dimension > 0
        except (ModelError, TypeError, ValueError):
            return None
        return found if says_something else None

    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer, without truncation or padding.

        Raises:
            ModelError: If its files are damaged.
        """
        return read_tokenizer(self.path)

    @property
    def kind(self) -> Kind:
        """What the model was saved to do: make a vector, make token vectors, or score pairs."""
        architecture = next(iter(self.config.get("architectures") or ()), "")
        if architecture.endswith("ForSequenceClassification"):
            return "reranker"
        if architecture == "HF_ColBERT":
            return "late"
        modules = _modules(self.path)
        if modules and not any(_name(entry) == "Pooling" for entry in modules):
            return "late"
        return "encoder"

    @property
    def labels(self) -> int:
        """Scores that a sequence classifier gives each input; two where it does not say."""
        named = self.config.get("id2label")
        return len(named) if named else int(self.config.get("num_labels") or 2)

    @property
    def dimension(self) -> int:
        """Length of the network's vectors.

        Raises:
            ModelError: If its configuration does not name it.
        """
        for name in ("hidden_size", "dim", "d_model"):
            if name in self.config:
                return int(self.config[name])
        raise ModelError(f"config.json in {self.path} names no size of vectors.")

    @property
    def pad_id(self) -> int:
        """The token that fills rows."""
        return int(self.config.get("pad_token_id") or 0)

    @property
    def reads_token_types(self) -> bool:
        """Whether the second text of a pair is marked as such.

        Families with one type only, and those whose tokenizer gives none, take all texts as type 0.
        """
        names = _record(self.path / "tokenizer_config.json").get("model_input_names")
        is_told = names is None or "token_type_ids" in names
        return is_told and int(self.config.get("type_vocab_size") or 2) > 1

    @property
    def max_tokens(self) -> int:
        """Most tokens of one input, special tokens included."""
        positions = int(self.config.get("max_position_embeddings") or 512)
        if self.config.get("model_type") in _SHIFTED:
            positions -= self.pad_id + 1
        own = _record(self.path / "sentence_bert_config.json").get("max_seq_length")
        limit = own or _record(self.path / "tokenizer_config.json").get("model_max_length")
        return min(positions, int(limit)) if limit and limit < _NO_LIMIT else positions

    @property
    def pooling(self) -> Pooling:
        """How token vectors become one vector.

        Raises:
            ModelError: If the folder asks for modules that this engine does not run.
        """
        entries = _modules(self.path)
        if unknown := {_name(entry) for entry in entries} - {"Transformer", "Pooling", "Normalize"}:
            raise ModelError(
                f"{self.path} needs modules that are not run here: {sorted(unknown)}.",
                hint="Choose an encoder that pools by mean or by its first token.",
            )
        folder = next((entry["path"] for entry in entries if _name(entry) == "Pooling"), None)
        return "mean" if folder is None else _pooling_mode(self.path, folder)

    def prompt(self, name: str) -> str:
        """The prefix for a ``query`` or a ``document``; empty where the model wants none."""
        saved = _record(self.path / "config_sentence_transformers.json").get("prompts") or {}
        named = saved.get(name) or saved.get("passage" if name == "document" else name)
        return str(named or self.prompts.get(name, ""))

    @property
    def reading(self) -> str:
        """Names the weights and the prefixes they are given; part of the key of every vector.

        Without prefixes it is the weights' hash alone, so that vectors kept from before stand.
        """
        prompts = "\0".join(self.prompt(role) for role in ("query", "document"))
        suffix = f"-{zlib.crc32(prompts.encode()):08x}" if prompts != "\0" else ""
        return f"{self.weights_hash[:16]}{suffix}"


def _record(path: Path) -> dict[str, Any]:
    """A JSON file of the folder; empty where there is none."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise ModelError(f"{path} cannot be read: it is no record.")
    return found


def _modules(folder: Path) -> list[dict[str, str]]:
    """What ``modules.json`` lists; empty where there is none."""
    path = folder / "modules.json"
    if not path.is_file():
        return []
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return [{"type": str(one["type"]), "path": str(one["path"])} for one in entries]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"{path} cannot be read.") from error


def _name(entry: Mapping[str, str]) -> str:
    return entry["type"].rsplit(".", 1)[-1]


def _module_weights(folder: Path) -> tuple[Path, ...]:
    """Weights of modules that come after the network, such as a projection of token vectors."""
    found = []
    for entry in _modules(folder):
        place = (folder / entry["path"]).resolve()
        if not place.is_relative_to(folder.resolve()):
            raise ModelError(f"modules.json in {folder} names a module outside of the folder.")
        if entry["path"] and (place / "model.safetensors").is_file():
            found.append(place / "model.safetensors")
    return tuple(found)


def _pooling_mode(folder: Path, name: str) -> Pooling:
    config = _record(folder / name / "config.json")
    named = {
        "mean" if config.get("pooling_mode_mean_tokens") else "",
        "cls" if config.get("pooling_mode_cls_token") else "",
        str(config.get("pooling_mode", "")),
    } - {""}
    match sorted(named):
        case ["mean"]:
            return "mean"
        case ["cls"]:
            return "cls"
    others = sorted(named) or [key for key, value in config.items() if value is True]
    raise ModelError(f"{folder} pools by {others}, and only mean or cls is run here.")
