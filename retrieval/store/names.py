"""What a collection may be called."""

from __future__ import annotations

import unicodedata

from retrieval.errors import CollectionError

LONGEST_NAME = 64
_PUNCTUATION = " ._-"
_LETTERS_MARKS_NUMBERS = "LMN"


def beside_name(name: str, encoder: str) -> str:
    """What the second collection of the same documents is called: the first's name and encoder's.

    Args:
        name: The first collection's name.
        encoder: Id or folder of the second's encoder.
    """
    last = encoder.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    short = "".join(one if _allowed(one) else "-" for one in unicodedata.normalize("NFC", last))
    short = short.strip(" .")[: LONGEST_NAME // 2]
    return f"{name[: LONGEST_NAME - len(short) - 3].rstrip(' .')} - {short}".rstrip(" .")


def valid_name(name: str) -> str:
    """The name in composed form (NFC), so that one name has one spelling.

    Raises:
        CollectionError: If the name is empty, too long, or holds other characters.
    """
    composed = unicodedata.normalize("NFC", name)
    strange = sorted({character for character in composed if not _allowed(character)})
    if strange:
        shown = " ".join(repr(character) for character in strange[:5])
        raise _refused(f"A collection's name cannot hold {shown}.")
    if not 1 <= len(composed) <= LONGEST_NAME:
        raise _refused(f"A collection's name has 1 to {LONGEST_NAME} characters.")
    if composed[0] in " ." or composed[-1] in " .":
        raise _refused("A collection's name neither begins nor ends with a space or a dot.")
    return composed


def _allowed(character: str) -> bool:
    return character in _PUNCTUATION or unicodedata.category(character)[0] in _LETTERS_MARKS_NUMBERS


def _refused(message: str) -> CollectionError:
    return CollectionError(
        message, hint="Use letters and digits of any script, spaces, and the characters . _ -"
    )
