"""What the shipped probe items turn on, and what they are about: the lists a set is held to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Phenomenon:
    """One way in which a passage can look right and be wrong.

    Attributes:
        id: Its name in a file.
        label: What a person reads.
        help: One line on what the two passages differ in.
        kinds: The ways it can be worded.
        is_four_cell: Whether the twin passage answers a question of its own.
    """

    id: str
    label: str
    help: str
    kinds: tuple[str, ...]
    is_four_cell: bool = True


PHENOMENA: Mapping[str, Phenomenon] = MappingProxyType(
    {
        phenomenon.id: phenomenon
        for phenomenon in (
            Phenomenon(
                "negation",
                "Negation",
                "One passage states what the other denies.",
                ("explicit", "affixal", "lexical", "exceptive", "prepositional"),
            ),
            Phenomenon(
                "roles",
                "Roles",
                "The same words, with who did what to whom the other way round.",
                ("transitive", "passive", "possessive", "comparative", "direction", "temporal"),
            ),
            Phenomenon(
                "conditions",
                "Conditions",
                "The same rule, holding in the opposite case.",
                ("only_if", "unless", "if_not", "requirement", "exemption"),
            ),
            Phenomenon(
                "numbers",
                "Numbers",
                "The same statement with another number, date, place in order, range or unit.",
                ("quantity", "date", "order", "range", "unit"),
            ),
            Phenomenon(
                "answerability",
                "Topical, but no answer",
                "Two passages on the topic, of which one holds the answer.",
                ("wrong_attribute", "wrong_entity", "wrong_time", "background", "neighbouring"),
                is_four_cell=False,
            ),
        )
    }
)

DOMAINS = (
    "medicine",
    "law",
    "finance",
    "travel",
    "cooking",
    "technology",
    "sport",
    "history",
    "environment",
    "workplace",
)
