"""What a backend may use of this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass

from retrieval.models.backends.converted import ConvertedNetworks

_MOST_STREAMS = 4


@dataclass(frozen=True, slots=True)
class Resources:
    """What a backend may use.

    Attributes:
        threads: Cores to compute with.
        networks: Where converted networks are kept.
    """

    threads: int
    networks: ConvertedNetworks

    @property
    def streams(self) -> int:
        """Passes at one time: one a core, without waiting for each other at every layer."""
        return max(1, min(self.threads, _MOST_STREAMS))


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
