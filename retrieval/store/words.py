"""The words of a text as keyword search sees them: one analyser for queries and passages.

It lies beside the tables because every chunk is stored with its words, so that the full-text index
reads exactly what the index in memory counts.
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The words of a text: lower case, accents folded, no stop-word list.

    It keeps ``not`` and ``no``, which most keyword indexes drop, because they are what many
    questions turn on.
    """
    if text.isascii():
        return _WORD.findall(text.lower())
    decomposed = unicodedata.normalize("NFKD", text)
    folded = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _WORD.findall(folded.casefold())
