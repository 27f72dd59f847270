"""What lives as long as the server is not looked through after each run of a page.

Streamlit collects garbage in full when a run ends. With the libraries of a search engine in memory
that takes a tenth of a second, in which no thread of the process gets on, and the last charts of
the run wait to be sent. So what a first visit has imported and loaded is set aside for good.
"""

from __future__ import annotations

import gc
import sys
from threading import Lock

_turn = Lock()
_modules = 0


def set_aside() -> None:
    """Set aside all that is in use, if modules have been imported since the last time.

    Only cycles among what is in use at that moment could outlive their use by this, and modules are
    imported a few times in the life of a server.
    """
    global _modules  # noqa: PLW0603  # one process has one collector
    with _turn:
        if len(sys.modules) == _modules:
            return
        _modules = len(sys.modules)
    gc.collect()
    gc.freeze()
