"""Tokenizers: read from ``tokenizer.json``, or built from the vocabulary files of older models.

The engine runs the ``tokenizers`` library alone. A folder of the older form (``vocab.txt``, or
``vocab.json`` with ``merges.txt``) holds the same vocabulary in other files, which transformers
puts together; no code of the folder's own is run for it.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer

from retrieval.errors import ModelError

# The tokenizers' own threads would fight with the network's for the cores, and warn after a fork.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

FAST = "tokenizer.json"
OLDER = (("vocab.txt",), ("vocab.json", "merges.txt"))
"""What a tokenizer can be built from, without a library that is not installed."""


def check_vocabulary(folder: Path) -> None:
    """See that there is something to make a tokenizer of.

    Raises:
        ModelError: If there is not.
    """
    forms = ((FAST,), *OLDER)
    if any(all((folder / name).is_file() for name in names) for names in forms):
        return
    pieces = next((path.name for path in sorted(folder.glob("*.model"))), "")
    hint = "Give a folder with tokenizer.json."
    if pieces:
        hint = (
            f"It has only {pieces}, which needs the sentencepiece library; "
            "save its tokenizer once with transformers, which writes tokenizer.json."
        )
    raise ModelError(f"{folder} holds no tokenizer: {FAST} is missing.", hint=hint)


def read_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a folder, without truncation or padding; each caller gets its own.

    Raises:
        ModelError: If there is none, or its files are damaged.
    """
    path = folder / FAST
    try:
        if path.is_file():
            tokenizer = Tokenizer.from_file(str(path))
        else:
            tokenizer = Tokenizer.from_str(_built(folder))
    except Exception as error:  # the library raises a bare Exception
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"The tokenizer of {folder} cannot be read: {reason}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@lru_cache(maxsize=16)
def _built(folder: Path) -> str:
    """The tokenizer of older files, as the text of a ``tokenizer.json``."""
    from transformers import AutoTokenizer  # noqa: PLC0415  # takes seconds, and most need it not

    built = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    return str(built.backend_tokenizer.to_str())
