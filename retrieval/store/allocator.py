"""Has memory that is free given back to the system, which glibc's allocator does badly by itself.

It keeps a heap for each of dozens of threads, up to eight a core, and gives back only what lies at
a heap's end. LanceDB merges and compacts in many threads, so after each commit a little stayed
behind. Compacting 120,000 chunks left 90 MiB of free memory that way, and nothing with one heap a
core that is asked for what is free. Elsewhere than on glibc all of this does nothing.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable

_ARENA_MAX = -8
"""``M_ARENA_MAX`` of ``malloc.h``."""
_FEWEST = 2


def _function(name: str) -> Callable[..., int] | None:
    """A function of glibc, or None where there is none of this name."""
    if not sys.platform.startswith("linux"):
        return None
    found: Callable[..., int] | None = getattr(ctypes.CDLL(None), name, None)
    return found


def give_back() -> None:
    """Give all free memory back to the system; takes some milliseconds."""
    if trim := _function("malloc_trim"):
        trim(0)


def one_heap_a_core() -> None:
    """Keep to one heap a core from now on, unless the environment says how many there may be."""
    change = _function("mallopt")
    if change and "MALLOC_ARENA_MAX" not in os.environ:
        change(_ARENA_MAX, max(_FEWEST, os.cpu_count() or 1))


one_heap_a_core()
