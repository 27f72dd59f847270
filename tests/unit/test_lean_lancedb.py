from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def said(code: str) -> list[str]:
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return process.stdout.split()


def test_the_store_does_without_the_client_of_the_cloud_service() -> None:
    assert said(
        "import sys, retrieval.store; print('lance_namespace_urllib3_client.api' in sys.modules)"
    ) == ["False"]


def test_whoever_asks_for_the_client_gets_the_whole_of_it() -> None:
    assert said(
        "import retrieval.store, lance_namespace_urllib3_client as c;"
        "print(c.ApiClient.__name__, c.models.TableExistsRequest.__name__, type(c).__name__)"
    ) == ["ApiClient", "TableExistsRequest", "module"]


def test_a_package_that_is_missing_or_has_run_is_left_alone() -> None:
    assert said(
        "import sys, json; from retrieval.store.lean_lancedb import defer;"
        "defer('json'); defer('no_such_package');"
        "print(type(json).__name__, 'no_such_package' in sys.modules)"
    ) == ["module", "False"]
