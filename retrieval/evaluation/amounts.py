"""Times, sizes and counts as people read them, from nanoseconds to years."""

from __future__ import annotations

from retrieval.evaluation.cost import Span

_TIMES = (
    (365.25 * 86_400_000, "years"),
    (86_400_000, "days"),
    (3_600_000, "hours"),
    (60_000, "minutes"),
    (1000, "s"),
    (1, "ms"),
    (1e-3, "µs"),
    (1e-6, "ns"),
)
_SIZES = ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB"))
_ONE_DIGIT_BELOW = 10


def time_text(span: Span | float) -> str:
    """Milliseconds in the largest unit of which there is at least one."""
    low, high = (span.low, span.high) if isinstance(span, Span) else (span, span)
    size, unit = next((one for one in _TIMES if high >= one[0]), _TIMES[-1])
    if low == high:
        return f"{number_text(high / size)} {unit}"
    return f"{number_text(low / size)} to {number_text(high / size)} {unit}"


def size_text(size: float) -> str:
    """Bytes in the largest decimal unit of which there is at least one."""
    amount, unit = next((one for one in _SIZES if size >= one[0]), (1.0, "bytes"))
    return f"{number_text(size / amount)} {unit}"


def count_text(span: Span) -> str:
    """Whole numbers, or one number where both are equal."""
    low, high = (f"{number_text(end)}" for end in (span.low, span.high))
    return low if low == high else f"{low} to {high}"


def number_text(value: float) -> str:
    """A number with one digit behind the point where it is small, and none where it is large."""
    if value == int(value) or value >= _ONE_DIGIT_BELOW:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if value >= 1 else f"{value:.2g}"
