from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import ModelError, SettingsError
from retrieval.models.backends import choice, openvino_runtime, pytorch
from retrieval.models.backends.choice import BACKENDS, find_backend
from retrieval.models.batching import Batching
from retrieval.models.loading import Models
from tests.tiny import save_cross_encoder, save_encoder

CPUINFO = Path("/proc/cpuinfo")


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_encoder(tmp_path_factory.mktemp("encoder")))


def spoil(monkeypatch: pytest.MonkeyPatch, *names: str, **changes: object) -> None:
    """Give some entries of the table another obstacle or loader."""
    table = [replace(info, **changes) if info.id in names else info for info in choice.BACKENDS]
    monkeypatch.setattr(choice, "BACKENDS", tuple(table))


def serving(models: Models) -> list[str]:
    return [network.backend for network in models.describe().networks]


def test_ids_are_unique_and_the_last_resort_has_no_obstacle() -> None:
    assert len({info.id for info in BACKENDS}) == len(BACKENDS)
    assert BACKENDS[-1].is_available


@pytest.mark.skipif(not CPUINFO.is_file(), reason="only Linux tells of its processor in a file")
def test_bf16_is_for_processors_that_have_instructions_for_it() -> None:
    flags = set(CPUINFO.read_text(encoding="utf-8").split())
    if not flags & {"avx2", "avx512f"}:
        pytest.skip("no x86 processor")

    for bf16_obstacle in (openvino_runtime.bf16_obstacle, pytorch.bf16_obstacle):
        assert (bf16_obstacle() == "") == bool(flags & {"avx512_bf16", "amx_bf16"})


def test_an_unknown_backend_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError) as caught:
        Models(backend="abacus")

    assert all(info.id in caught.value.hint for info in BACKENDS)


@pytest.mark.parametrize("name", ["openvino-f32", "torch-bf16", "torch-fp32"])
def test_the_backend_that_was_asked_for_serves(name: str, encoder_folder: str) -> None:
    if not find_backend(name).is_available:
        pytest.skip(find_backend(name).obstacle())
    models = Models(backend=name, threads=1)

    vector = models.encoder(encoder_folder).encode_query("the dog bit the man")

    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-3)
    assert models.encoder(encoder_folder).fingerprint.endswith(f":{name}")
    (network,) = models.describe().networks
    assert (network.backend, network.precision) == (name, find_backend(name).precision)
    assert models.describe().threads == 1
    assert network.tokens_per_second is not None
    assert models.describe().remarks == ()


def test_without_openvino_torch_serves_and_one_line_says_so(
    encoder_folder: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(openvino_runtime.importlib.util, "find_spec", lambda name: None)
    models = Models(backend="auto")

    models.encoder(encoder_folder)
    models.late(encoder_folder)

    assert serving(models)[0].startswith("torch-")
    lines = [line for line in caplog.messages if "openvino" in line]
    assert lines == ["openvino-bf16 and openvino-f32 cannot be used: openvino is not installed."]
    assert lines[0] in models.describe().remarks


def test_an_openvino_that_does_not_start_is_an_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ImportError("libtbb.so.12: cannot open shared object file")

    monkeypatch.setattr(openvino_runtime, "core", broken)

    assert "libtbb" in openvino_runtime.obstacle()
    assert "libtbb" in openvino_runtime.bf16_obstacle()


def test_a_processor_without_bf16_is_served_in_single_precision(
    encoder_folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, "openvino-bf16", "torch-bf16", obstacle=lambda: "no bf16 instructions")
    models = Models(backend="auto")

    models.encoder(encoder_folder)

    assert serving(models) == ["openvino-f32"]
    assert models.describe().remarks == ("openvino-bf16 cannot be used: no bf16 instructions.",)


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("Operation Foo is not supported\nat line 7")]
)
def test_a_backend_that_fails_makes_way_in_one_line(
    error: Exception,
    encoder_folder: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise error

    spoil(monkeypatch, "openvino-bf16", "openvino-f32", obstacle=lambda: "", load=fail)
    spoil(monkeypatch, "torch-bf16", obstacle=lambda: "")
    models = Models(backend="openvino-f32")

    models.encoder(encoder_folder)

    assert serving(models) == ["torch-bf16"]
    (line,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert line.name == "retrieval.models.loading"
    assert type(error).__name__ in line.message
    assert "\n" not in line.message


def test_a_backend_that_computes_nonsense_makes_way(
    encoder_folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        name = "broken"
        batching = Batching(64)

        def run(self, batch: object) -> np.ndarray:
            return np.array([np.nan], dtype=np.float32)

    spoil(monkeypatch, "openvino-f32", load=lambda *_: Broken())
    models = Models(backend="openvino-f32")

    models.encoder(encoder_folder)

    assert serving(models) != ["openvino-f32"]
    assert "not a number" in models.describe().remarks[0]


def test_a_damaged_model_is_no_reason_to_try_another_backend(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = save_cross_encoder(tmp_path / "model", labels=3)

    with pytest.raises(ModelError, match="3 labels"):
        Models(backend="auto").reranker(str(folder))
    assert [line for line in caplog.messages if "cannot run" in line] == []


def test_when_nothing_works_one_error_says_why(
    encoder_folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("no room")

    spoil(monkeypatch, *(info.id for info in BACKENDS), obstacle=lambda: "", load=fail)

    with pytest.raises(ModelError, match="no room") as caught:
        Models(backend="auto").encoder(encoder_folder)
    assert "\n" not in caught.value.message


def test_no_memory_for_a_second_model_leaves_the_first_serving(
    encoder_folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaders = {info.id: info.load for info in BACKENDS}

    def only_one(name: str) -> object:
        def load(folder: object, head: str, resources: object) -> object:
            if head == "logit":
                raise MemoryError("no room")
            return loaders[name](folder, head, resources)  # type: ignore[arg-type]

        return load

    table = [replace(info, load=only_one(info.id)) for info in BACKENDS]
    monkeypatch.setattr(choice, "BACKENDS", tuple(table))
    models = Models(tmp_path / "home", backend="openvino-f32")
    encoder = models.encoder(encoder_folder)

    with pytest.raises(ModelError, match="no room") as caught:
        models.reranker(str(save_cross_encoder(tmp_path / "reranker")))

    assert "memory" in caught.value.hint
    assert models.encoder(encoder_folder) is encoder
    assert encoder.encode_query("water").shape == (16,)


def test_another_backend_serves_from_the_next_question_on(encoder_folder: str) -> None:
    models = Models(backend="torch-fp32")
    before = models.encoder(encoder_folder)

    models.configure("openvino-f32", threads=1)
    after = models.encoder(encoder_folder)

    assert serving(models) == ["openvino-f32"]
    assert (before.fingerprint, after.fingerprint) == (
        f"{before.weights[:16]}:torch-fp32",
        f"{before.weights[:16]}:openvino-f32",
    )
    np.testing.assert_allclose(before.encode_query("water"), after.encode_query("water"), atol=1e-5)


def test_a_wrong_choice_leaves_everything_as_it_was(encoder_folder: str) -> None:
    models = Models(backend="torch-fp32")
    before = models.encoder(encoder_folder)

    with pytest.raises(SettingsError):
        models.configure("abacus")

    assert models.encoder(encoder_folder) is before


def test_the_description_can_be_written_as_json(encoder_folder: str) -> None:
    models = Models(backend="torch-fp32")
    models.encoder(encoder_folder)

    assert models.describe().as_dict()["networks"][0]["backend"] == "torch-fp32"
