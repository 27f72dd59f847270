from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import MultiVectorEncoder

from retrieval.errors import ModelError
from retrieval.models.loading import Models
from tests.tiny import save_encoder

TEXTS = ["the dog bit the man", "water", "which plant is poisonous to cats"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("late")
    encoder = save_encoder(base / "encoder")
    MultiVectorEncoder(str(encoder), local_files_only=True).save_pretrained(str(base / "late"))
    return base / "late"


def test_token_vectors_are_those_of_the_library_that_saved_them(folder: Path) -> None:
    reference = MultiVectorEncoder(str(folder), local_files_only=True)

    late = Models().late(str(folder))
    found = {
        index: rows
        for batch in late.document_tokens(TEXTS)
        for index, rows in zip(batch.indices, batch.values, strict=True)
    }

    np.testing.assert_allclose(
        late.query_tokens(TEXTS[0]), reference.encode_query(TEXTS[0]).numpy(), atol=1e-6
    )
    for index, expected in enumerate(reference.encode_document(TEXTS)):
        np.testing.assert_allclose(found[index], expected.numpy(), atol=1e-5)


def test_rows_have_unit_length(folder: Path) -> None:
    rows = Models().late(str(folder)).query_tokens(TEXTS[2])

    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_a_folder_whose_projection_is_missing_is_refused(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    folder.rename(broken)
    try:
        (broken / "1_Dense" / "config.json").rename(tmp_path / "kept")
        with pytest.raises(ModelError, match="cannot be loaded"):
            Models().late(str(broken))
        (tmp_path / "kept").rename(broken / "1_Dense" / "config.json")
    finally:
        broken.rename(folder)
