"""The table of rules: what each makes, of which kind, and in which order they are tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from retrieval.contrast.twins import (
    conditions,
    converses,
    keeping,
    lexical,
    negating,
    negators,
    numbers,
    questions,
    roles,
)
from retrieval.contrast.twins.edits import Parsed, Proposal
from retrieval.contrast.twins.types import Kind

Apply = Callable[[Parsed], Iterator[Proposal | str]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the grammar.

    Attributes:
        id: Its name in twins and tables.
        kind: The kind of twin that it makes.
        help: What it does, in one line with an example.
        apply: Yields proposals, and a reason wherever it nearly fits and refuses.
        needs_clause: Whether it works on the main clause, and so says nothing where there is none.
    """

    id: str
    kind: Kind
    help: str
    apply: Apply
    needs_clause: bool = False


def _rule(name: str, kind: Kind, apply: Apply, *, needs_clause: bool = False) -> Rule:
    text = (apply.__doc__ or "").strip().splitlines()[0]
    return Rule(name, kind, text, apply, needs_clause)


RULES: tuple[Rule, ...] = (
    _rule("remove not", "negated", negating.remove_not, needs_clause=True),
    _rule("auxiliary", "negated", negating.negate_auxiliary, needs_clause=True),
    _rule("do-support", "negated", negating.negate_with_do, needs_clause=True),
    _rule("order", "negated", negating.negate_order, needs_clause=True),
    _rule("question", "negated", questions.negate_question),
    _rule("never", "negated", negators.without_never),
    _rule("no", "negated", negators.without_no),
    _rule("neither", "negated", negators.without_neither),
    _rule("all or none", "negated", negators.whole_or_none),
    _rule("without", "negated", negators.without_without),
    _rule("except", "negated", negators.without_except),
    _rule("antonym", "negated", lexical.antonym),
    _rule("active", "roles", roles.swap_active, needs_clause=True),
    _rule("passive", "roles", roles.swap_passive, needs_clause=True),
    _rule("comparative", "roles", roles.swap_compared, needs_clause=True),
    _rule("possessive", "roles", roles.swap_related, needs_clause=True),
    _rule("parties", "roles", converses.swap_partners, needs_clause=True),
    _rule("buy and sell", "roles", converses.swap_deal, needs_clause=True),
    _rule("asked roles", "roles", questions.swap_question),
    _rule("from and to", "roles", converses.swap_direction),
    _rule("before and after", "roles", converses.swap_order),
    _rule("date", "number", numbers.change_date),
    _rule("amount", "number", numbers.change_amount),
    _rule("number word", "number", numbers.change_number_word),
    _rule("clock", "number", numbers.change_clock),
    _rule("unit", "number", numbers.change_unit),
    _rule("phrase", "condition", conditions.turn_phrase),
    _rule("if", "condition", conditions.turn_if),
    _rule("to passive", "kept", keeping.to_passive, needs_clause=True),
    _rule("to active", "kept", keeping.to_active, needs_clause=True),
    _rule("other view", "kept", keeping.other_view, needs_clause=True),
    _rule("clause order", "kept", keeping.move_clause),
    _rule("date order", "kept", keeping.move_date, needs_clause=True),
    _rule("synonym", "kept", lexical.synonym),
    _rule("number spelling", "kept", keeping.spell_number),
    _rule("contraction", "kept", keeping.contract),
)
"""All rules; within a kind, the first that fits makes the first twin."""

NOTHING_FITS: Mapping[Kind, str] = {
    "negated": "It holds no verb, negator or listed word that could be turned for certain.",
    "roles": (
        "It holds no two sides that could change places: no doer with a plain object, no “from … "
        "to”, no comparison, no “before” or “after”."
    ),
    "number": "It holds no amount, date or ordinal that could be changed.",
    "condition": "It holds no condition or bound such as “only if”, “unless”, “at least”, “must”.",
    "kept": "It holds no word with a listed synonym and no clause that could be turned or moved.",
}
"""What is said of a sentence that no rule of a kind comes near to."""

_IDS = [rule.id for rule in RULES]
if len(set(_IDS)) != len(_IDS):
    raise ValueError(f"two rules share an id: {sorted(_IDS)}")
