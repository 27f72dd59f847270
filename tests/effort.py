"""How much a piece of code does, counted and not timed: equal on a quick machine and a slow one."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls_of(act: Callable[[], object], most: int = sys.maxsize) -> int:
    """How many functions ``act`` calls, Python's own and those written in C.

    Args:
        act: What is to be measured.
        most: It is broken off with an ``AssertionError`` after so many, so that what would never
            end does.
    """
    found = 0

    def count(_frame: FrameType, event: str, _arg: Any) -> None:
        nonlocal found
        found += event in {"call", "c_call"}
        if found > most:
            raise AssertionError(f"more than {most:,} calls")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(before)
    assert found <= most, f"{found:,} calls, and {most:,} at most were expected"
    return found


def times_dearer(act: Callable[[str], object], short: str, long: str) -> float:
    """How many times as much of the processor ``act`` takes for the long text as for the short one.

    For what cannot be counted, such as the steps within one regular expression. A slow machine is
    slow for both; the least of several tries leaves out what else runs on it.
    """

    def least(text: str) -> float:
        tries = []
        for _ in range(5):
            begun = time.process_time()
            act(text)
            tries.append(time.process_time() - begun)
        return min(tries)

    return least(long) / max(least(short), 1e-5)
