from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from retrieval.models.loading import Models
from tests.tiny import save_cross_encoder, save_encoder

ROOT = Path(__file__).resolve().parents[4]

WARM = """
import sys
from pathlib import Path
from retrieval.models.loading import Models

encoder, reranker, home = sys.argv[1:]
heavy = {"torch", "transformers", "sentence_transformers", "openvino_telemetry.main"}
models = Models(Path(home), backend="openvino-f32")
models.encoder(encoder).encode_query("the dog bit the man")
print(sorted(heavy & set(sys.modules)))
list(models.reranker(reranker).score("who bit the man", ["the dog bit the man", "water"]))
print(sorted(heavy & set(sys.modules)))
"""


def test_with_converted_networks_neither_torch_nor_transformers_is_imported(
    tmp_path: Path,
) -> None:
    encoder, reranker = save_encoder(tmp_path / "encoder"), save_cross_encoder(tmp_path / "ranker")
    home = tmp_path / "home"
    models = Models(home, backend="openvino-f32")
    models.encoder(str(encoder))
    models.reranker(str(reranker))

    said = subprocess.run(
        [sys.executable, "-c", WARM, encoder, reranker, home],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    assert said.stdout.splitlines() == ["[]", "[]"]
    assert said.stderr == ""


def test_openvino_reports_nothing_to_anybody(tmp_path: Path) -> None:
    code = (
        "from retrieval.models.backends.openvino_runtime import core; core();"
        "import sys; print(sys.modules['openvino_telemetry'])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )

    assert said.stdout == "None\n"
    assert list(tmp_path.iterdir()) == []
