"""Numbers, dates and units changed: the sentence says the same of another amount or day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from retrieval.contrast.twins.edits import Edit, Parsed, Proposal
from retrieval.contrast.twins.tokens import Token
from retrieval.contrast.twins.words import listed, table

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LONG_MONTHS = frozenset({1, 3, 5, 7, 8, 10, 12})
_FIRST_YEAR, _LAST_YEAR = 1500, 2100
_YEARS_APART = 3
_MONTHS_APART = 5
_DAYS_APART = 3
_SHORTEST_MONTH = 28
_DEGREES_APART = 6
_GROUP = 3
_NOON = 12
_ALL, _HALF_OF_ALL = 100, 50
_LARGE = 10_000
_YEAR_DIGITS, _DAY_DIGITS = 4, 2
_RANGE = frozenset({"to", "–", "—", "-", "and", "or", "until"})


def change_amount(parsed: Parsed) -> Iterator[Proposal | str]:
    """*150 mg* becomes *300 mg*; both ends of a range move together; names of things stay."""
    tokens = parsed.tokens
    done: set[int] = set()
    for at, token in enumerate(tokens):
        if at in done or token.shape != "number" or _is_year(parsed, at) or _is_day(parsed, at):
            continue
        why_not = _why_not(parsed, at)
        if why_not:
            yield why_not
            continue
        other = _range_end(parsed, at)
        if other is not None:
            done.add(other)
            edits = _moved_range(parsed, at, other)
            if edits:
                yield Proposal(edits, "The range was moved.")
            continue
        put = _other_amount(parsed, at)
        if put and put != token.text:
            said = f"“{token.text}” became “{put}”."
            yield Proposal((Edit(token.start, token.end, put),), said)


def change_date(parsed: Parsed) -> Iterator[Proposal | str]:
    """Another year, month or weekday: *2019* becomes *2016*, *22 April* becomes *22 September*."""
    tokens = parsed.tokens
    for at, token in enumerate(tokens):
        if token.shape == "number" and _is_year(parsed, at):
            if at and tokens[at - 1].form in {"and", "or", "to", "–"}:
                continue
            put = str(int(token.text) - _YEARS_APART)
            yield Proposal((Edit(token.start, token.end, put),), f"“{token.text}” became “{put}”.")
        elif token.text in _MONTHS and _is_month(parsed, at):
            put = _other_month(parsed, at)
            yield Proposal((Edit(token.start, token.end, put),), f"“{token.text}” became “{put}”.")
        elif token.text in _DAYS or token.text.removesuffix("s") in _DAYS:
            name = token.text.removesuffix("s") if token.text not in _DAYS else token.text
            near = {t.text.removesuffix("s") for t in tokens} & set(_DAYS)
            if len(near) > 1:
                yield "Several weekdays hang together here; changing one could break the span."
                continue
            put = _DAYS[(_DAYS.index(name) + _DAYS_APART) % len(_DAYS)] + token.text[len(name) :]
            yield Proposal((Edit(token.start, token.end, put),), f"“{token.text}” became “{put}”.")


def change_number_word(parsed: Parsed) -> Iterator[Proposal | str]:
    """*three hours* becomes *six hours*, *the first* becomes *the third*, *twice* *once*."""
    tokens = parsed.tokens
    words: Mapping[str, int] = table("numbers")["words"]
    by_value = {value: word for word, value in words.items()}
    ordinals: Mapping[str, str] = table("numbers")["ordinals"]
    for at, token in enumerate(tokens):
        near = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.form in words:
            if _is_compound(parsed, at) or (
                at and tokens[at - 1].form in {"one", "or", "to", "the"}
            ):
                yield f"“{token.text}” is part of a larger number or a fixed phrase."
                continue
            value = words[token.form]
            put = by_value.get(value * 2) or by_value.get(value // 2) or by_value.get(value - 2)
            if put:
                yield _said(parsed, at, put)
        elif token.form in ordinals and _is_ordinal(parsed, at, near):
            yield _said(parsed, at, ordinals[token.form])
        elif token.form in {"once", "twice"} and near is not None and _is_per(near):
            yield _said(parsed, at, table("numbers")["multiples"][token.form])
        elif token.shape == "ordinal":
            yield from _ordinal_figure(parsed, at)


def change_unit(parsed: Parsed) -> Iterator[Proposal | str]:
    """*within 24 hours* becomes *within 24 days*: the number stays, its unit does not."""
    tokens = parsed.tokens
    units: Mapping[str, str] = table("numbers")["units"]
    for at in range(1, len(tokens)):
        before = tokens[at - 1]
        if before.tag != "CD" or before.shape == "clock" or before.form in {"one", "1"}:
            continue
        if at > 1 and tokens[at - 2].form in naming_words():
            continue
        put = units.get(tokens[at].text)
        if put:
            yield _said(parsed, at, put)


def change_clock(parsed: Parsed) -> Iterator[Proposal | str]:
    """*9:00* becomes *12:00*: three hours later, never past midnight; spans stay."""
    tokens = parsed.tokens
    clocks = [at for at, token in enumerate(tokens) if token.shape == "clock"]
    if len(clocks) > 1:
        yield "Several times of day hang together here; changing one could break the span."
        return
    for at in clocks:
        hour, rest = tokens[at].text.split(":", 1)
        twelve = "m" in rest.lower()
        late = int(hour) + _DAYS_APART
        put = late if late < (12 if twelve else 24) else int(hour) - _DAYS_APART
        if put > 0:
            width = len(hour)
            yield _said(parsed, at, f"{put:0{width}d}:{rest}")


@cache
def naming_words() -> frozenset[str]:
    """Words after which a number is a name (*section 3*)."""
    return frozenset(table("numbers")["naming"]["words"].split())


def _said(parsed: Parsed, at: int, put: str) -> Proposal:
    said = f"“{parsed.tokens[at].text}” became “{put}”."
    return Proposal((parsed.replace(at, at + 1, put),), said)


def _value(token: Token) -> float | None:
    text = token.text.replace(",", "") if _is_grouped(token.text) else token.text
    try:
        return float(text)
    except ValueError:
        return None


def _is_grouped(text: str) -> bool:
    head, *groups = text.split(",")
    return (
        bool(groups) and len(head) <= _GROUP and all(len(g.split(".")[0]) == _GROUP for g in groups)
    )


def _why_not(parsed: Parsed, at: int) -> str:
    tokens = parsed.tokens
    token = tokens[at]
    before = tokens[at - 1] if at else None
    value = _value(token)
    if at == 0 and len(tokens) > 1 and tokens[1].text[0].isupper():
        return f"“{token.text}” numbers what follows it and is no amount."
    if value is None or value in {0, 1}:
        return f"“{token.text}” is left alone: another number would not fit the words around it."
    if token.text.startswith("0") and not token.text.startswith("0."):
        return f"“{token.text}” looks like a code, not like an amount."
    if before is not None and (
        before.form.removesuffix("s") in naming_words()
        or before.tag == "NNP"
        or before.text in {"#", "/", "[", ".", "+", "−", "±", "-", "–"}
    ):
        return f"“{token.text}” names a thing (“{before.text} {token.text}”) and is no amount."
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    if following is not None and following.text in {"/", ":"}:
        return f"“{token.text}” is part of a code or a ratio."
    return ""


def _other_amount(parsed: Parsed, at: int) -> str:
    token = parsed.tokens[at]
    value = _value(token)
    if value is None:
        return ""
    following = parsed.tokens[at + 1].form if at + 1 < len(parsed.tokens) else ""
    share = following in {"%", "percent", "per"}
    put = value / 2 if share and value > _HALF_OF_ALL else value * 2
    if following in {"°c", "°f", "degrees"}:
        put = value + _DEGREES_APART
    if following in {"am", "pm"} or (following == "o" and value <= _NOON):
        put = value + 3 if value + 3 <= _NOON else value - 3
    return written(put, like=token.text)


def written(value: float, like: str) -> str:
    """The number in the manner of another: with the same decimals and groups of three."""
    decimals = len(like.rsplit(".", 1)[1]) if "." in like else 0
    if not decimals and value != int(value):
        decimals = 1
    comma = "," if _is_grouped(like) or (value >= _LARGE and "," in like) else ""
    return f"{value:{comma}.{decimals}f}"


def _range_end(parsed: Parsed, at: int) -> int | None:
    """The place of the other end, if this number starts a range such as *6 to 11*."""
    tokens = parsed.tokens
    for link in (at + 1, at + 2):
        if link + 1 < len(tokens) and tokens[link].text in _RANGE:
            if tokens[link].text == "and" and not (at and tokens[at - 1].form == "between"):
                return None
            number = tokens[link + 1].shape == "number"
            unit = link == at + 1 or tokens[at + 1].shape == "word"
            return link + 1 if number and unit else None
    return None


def _moved_range(parsed: Parsed, at: int, other: int) -> tuple[Edit, ...]:
    tokens = parsed.tokens
    low, high = _value(tokens[at]), _value(tokens[other])
    if low is None or high is None or high <= low or _is_year(parsed, other):
        return ()
    whole = high == int(high) and low == int(low) and (high % 5 or low % 5)
    step = high - low + 1 if whole else high - low
    if "%" in {t.text for t in tokens[other : other + 2]} and high + step > _ALL:
        return ()
    return tuple(
        Edit(tokens[p].start, tokens[p].end, written(v + step, like=tokens[p].text))
        for p, v in ((at, low), (other, high))
    )


def _is_year(parsed: Parsed, at: int) -> bool:
    """Whether four digits are a year: by the word before or a month, never before a unit."""
    text = parsed.tokens[at].text
    if (
        len(text) != _YEAR_DIGITS
        or not text.isdigit()
        or not _FIRST_YEAR <= int(text) <= _LAST_YEAR
    ):
        return False
    before = parsed.tokens[at - 1] if at else None
    following = parsed.tokens[at + 1] if at + 1 < len(parsed.tokens) else None
    if following is not None and (following.tag in {"NN", "NNS"} or following.text in {"%", "–"}):
        return following.form in {"season", "model", "edition", "budget", "report", "election"}
    if at > 1 and before is not None and before.form in {"and", "or", "to", "–"}:
        return _is_year(parsed, at - 2)
    leads = {"in", "since", "of", "until", "by", "from", "during", "for", "year", "early", "late"}
    return before is None or before.form in leads or before.text in {*_MONTHS, ","}


def _is_day(parsed: Parsed, at: int) -> bool:
    """Whether the number is the day in *22 April* or *April 22*, which is left to the month."""
    tokens = parsed.tokens
    near = [tokens[p].text for p in (at - 1, at + 1) if 0 <= p < len(tokens)]
    return any(text in _MONTHS for text in near)


def _is_month(parsed: Parsed, at: int) -> bool:
    """*May* and *March* are months only beside a number or behind a preposition."""
    tokens = parsed.tokens
    if sum(token.text in _MONTHS for token in tokens) > 1:
        return False
    if tokens[at].text not in {"May", "March"}:
        return True
    near = [tokens[p] for p in (at - 1, at + 1) if 0 <= p < len(tokens)]
    leads = {"in", "since", "until", "by", "from", "during", "early", "late", "of", "last", "next"}
    return any(token.shape == "number" for token in near) or (
        at > 0 and tokens[at - 1].form in leads
    )


def _other_month(parsed: Parsed, at: int) -> str:
    tokens = parsed.tokens
    days = [tokens[p].text for p in (at - 1, at + 1) if 0 <= p < len(tokens)]
    latest = max((int(d) for d in days if d.isdigit() and len(d) <= _DAY_DIGITS), default=1)
    place = _MONTHS.index(tokens[at].text)
    for step in range(_MONTHS_APART, _MONTHS_APART + 12):
        other = (place + step) % 12
        if latest <= _SHORTEST_MONTH or (other + 1 in _LONG_MONTHS and other != place):
            return _MONTHS[other]
    return _MONTHS[(place + 2) % 12]


def _is_compound(parsed: Parsed, at: int) -> bool:
    tokens = parsed.tokens
    near = [tokens[p] for p in (at - 1, at + 1) if 0 <= p < len(tokens)]
    return any(t.tag == "CD" or t.form in {"hundred", "thousand", "million", "and"} for t in near)


def _is_ordinal(parsed: Parsed, at: int, near: Token | None) -> bool:
    before = parsed.tokens[at - 1].form if at else ""
    nominal = near is not None and near.tag == "NN"
    if near is not None and near.form in {"aid", "party", "parties", "person", "class", "name"}:
        return False
    return before in listed("determiners") | listed("possessives") and nominal


def _is_per(near: Token) -> bool:
    return near.form in {"a", "daily", "weekly", "per", "every", "each"}


def _ordinal_figure(parsed: Parsed, at: int) -> Iterator[Proposal]:
    number = int(parsed.tokens[at].text[:-2])
    put = number + 2
    ends = {1: "st", 2: "nd", 3: "rd"}
    end = "th" if put % 100 in {11, 12, 13} else ends.get(put % 10, "th")
    yield _said(parsed, at, f"{put}{end}")
