from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.errors import ModelError
from retrieval.models.hub.places import cache_folder, check_file, folder_of, is_id


@pytest.mark.parametrize("name", ["config.json", "1_Pooling/config.json", "model.safetensors"])
def test_files_of_models_are_let_through(name: str) -> None:
    assert check_file(name) == name


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "/etc/passwd", "", ".", "a\\b", "a/b/c/d", ".hidden", "C:\\x", "~/x"],
)
def test_names_that_could_lie_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(ModelError, match="outside of the model"):
        check_file(name)


def test_two_ids_never_share_a_folder(tmp_path: Path) -> None:
    ids = ["a/b", "a-b", "a_b", "b/a", "a/b.c", "a.b/c"]

    assert len({folder_of(tmp_path, one) for one in ids}) == len(ids)


@pytest.mark.parametrize("text", ["a/b.part", "a/b.lock", "b.part"])
def test_names_of_working_files_are_no_ids(text: str) -> None:
    assert not is_id(text)


def test_the_cache_is_where_the_hubs_library_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants  # noqa: PLC0415

    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME"):
        monkeypatch.delenv(name, raising=False)

    if "HF_HOME" not in constants.HF_HUB_CACHE:
        assert cache_folder() == Path(constants.HF_HUB_CACHE).expanduser()
    monkeypatch.setenv("HF_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/hub")
