from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval.errors import SettingsError, StorageError
from retrieval.models import calibration
from retrieval.models.backends import UnfitError, choice, int8, openvino_runtime
from retrieval.models.backends.converted import ConvertedNetworks
from retrieval.models.backends.int8 import AGREEMENT, Verdict, fingerprint
from retrieval.models.calibration import agreement, sample_of
from retrieval.models.encoder import BiEncoder
from retrieval.models.folder import ModelFolder
from retrieval.models.loading import Models
from tests.tiny import save_encoder

TEXTS = ("the dog bit the man", "water the plant", "which medicine does not cause drowsiness")


@pytest.fixture(autouse=True)
def only_what_this_processor_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the line that a processor has no bf16 instructions, which is not of int8."""
    able = tuple(info for info in choice.BACKENDS if info.is_available)
    monkeypatch.setattr(choice, "BACKENDS", able)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    return ModelFolder.open(save_encoder(tmp_path_factory.mktemp("encoder")))


def verdict_of(folder: ModelFolder, agreed: float = 0.99, **changes: Any) -> Verdict:
    made = Verdict(
        model=folder.path.name,
        head="tokens",
        source="mine",
        passages=len(TEXTS),
        fingerprint=fingerprint(folder, "tokens", TEXTS),
        agreement=agreed,
        speed=1.4,
        openvino=openvino_runtime.library().__version__,
        measured="2026-11-21T10:00:00+00:00",
    )
    return replace(made, **changes)


def kept(home: Path, folder: ModelFolder, verdict: Verdict) -> None:
    networks = ConvertedNetworks(home)
    networks.keep_int8(folder, verdict, networks.open(folder, "tokens"))


def places(home: Path) -> list[str]:
    return [path.name for path in (home / "models").iterdir() if path.name.startswith("int8-")]


def test_a_network_that_agrees_is_kept_and_serves_under_its_own_name(
    folder: ModelFolder, tmp_path: Path
) -> None:
    verdict = verdict_of(folder)
    kept(tmp_path, folder, verdict)
    models = Models(tmp_path, backend="openvino-int8")

    encoder = models.encoder(str(folder.path))

    assert models.describe().remarks == ()
    assert encoder.fingerprint.endswith(f":openvino-int8-{verdict.fingerprint[:8]}")
    assert np.linalg.norm(encoder.encode_query(TEXTS[0])) == pytest.approx(1, abs=1e-3)


def test_a_network_that_agrees_too_little_is_not_kept_and_one_line_says_what_was_measured(
    folder: ModelFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept(tmp_path, folder, verdict_of(folder, AGREEMENT - 0.031))
    models = Models(tmp_path, backend="openvino-int8")

    models.encoder(str(folder.path))

    assert places(tmp_path) == []
    assert models.describe().networks[0].backend != "openvino-int8"
    (line,) = [r.message for r in caplog.records if r.levelno >= logging.WARNING]
    assert "keeps 0.949 of the first ten" in line
    assert "'mine'" in line
    assert line in models.describe().remarks


def test_without_a_calibration_the_default_serves_and_says_why(
    folder: ModelFolder, tmp_path: Path
) -> None:
    models = Models(tmp_path, backend="openvino-int8")

    models.encoder(str(folder.path))

    (line,) = models.describe().remarks
    assert "has not been calibrated" in line
    assert models.describe().networks[0].backend != "openvino-int8"


def test_it_never_serves_unless_it_is_asked_for(folder: ModelFolder, tmp_path: Path) -> None:
    kept(tmp_path, folder, verdict_of(folder))
    models = Models(tmp_path, backend="auto")

    models.encoder(str(folder.path))

    assert models.describe().networks[0].backend != "openvino-int8"


def test_another_version_of_openvino_asks_for_another_calibration(
    folder: ModelFolder, tmp_path: Path
) -> None:
    kept(tmp_path, folder, verdict_of(folder, openvino="2019.1"))

    with pytest.raises(UnfitError, match="another version"):
        ConvertedNetworks(tmp_path).open_int8(folder, "tokens")


@pytest.mark.parametrize("name", ["network.bin", "network.xml", "manifest.json"])
def test_a_damaged_network_makes_way(name: str, folder: ModelFolder, tmp_path: Path) -> None:
    kept(tmp_path, folder, verdict_of(folder))
    (place,) = places(tmp_path)
    path = tmp_path / "models" / place / name
    path.write_bytes(path.read_bytes()[:-7])

    with pytest.raises(UnfitError, match="damaged"):
        ConvertedNetworks(tmp_path).open_int8(folder, "tokens")


def test_a_verdict_cut_in_half_counts_as_none(folder: ModelFolder, tmp_path: Path) -> None:
    kept(tmp_path, folder, verdict_of(folder))
    (path,) = (tmp_path / "models").glob("*-int8.json")
    path.write_text(path.read_text()[:40])

    assert ConvertedNetworks(tmp_path).verdicts.find(folder, "tokens") is None


def test_a_full_disk_leaves_neither_half_a_network_nor_a_verdict(
    folder: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = ConvertedNetworks(tmp_path)
    network = networks.open(folder, "tokens")

    def full(_network: Any, path: Path, **_: Any) -> None:
        path.write_text("half a net")
        raise RuntimeError("No space left on device\nat line 3")

    monkeypatch.setattr(openvino_runtime.library(), "save_model", full)
    with pytest.raises(StorageError, match="No space left"):
        networks.keep_int8(folder, verdict_of(folder), network)

    assert places(tmp_path) == []
    assert networks.verdicts.find(folder, "tokens") is None
    assert not list((tmp_path / "models").glob(".unfinished*"))


def test_the_fingerprint_names_passages_head_weights_and_version(
    folder: ModelFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ModelFolder(folder.path, folder.config, "0" * 64)
    names = {
        fingerprint(folder, "tokens", TEXTS),
        fingerprint(folder, "tokens", TEXTS[:2]),
        fingerprint(folder, "logit", TEXTS),
        fingerprint(other, "tokens", TEXTS),
    }
    monkeypatch.setattr(openvino_runtime.library(), "__version__", "2031.1")
    names.add(fingerprint(folder, "tokens", TEXTS))

    assert len(names) == 5


def test_without_nncf_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = int8.importlib.util.find_spec
    monkeypatch.setattr(
        int8.importlib.util, "find_spec", lambda name: None if name == "nncf" else found(name)
    )

    with pytest.raises(SettingsError, match="pip install nncf"):
        list(calibration.calibrate(tmp_path, "mine", TEXTS))


def test_too_few_passages_are_refused_with_the_number() -> None:
    with pytest.raises(SettingsError, match="there are 2"):
        sample_of(["one", "two", "one"])


def test_the_same_passages_give_the_same_sample_in_any_order() -> None:
    texts = [f"passage {number}" for number in range(calibration.PASSAGES + 50)]

    assert sample_of(texts) == sample_of(texts[::-1])
    assert len(set(sample_of(texts))) == calibration.PASSAGES


def test_agreement_is_the_share_of_the_first_ten_that_stays() -> None:
    before = np.arange(20, dtype=np.float32)[None].repeat(2, axis=0)
    after = before.copy()
    after[0, 0] = 99

    assert agreement(before, before) == 1
    assert agreement(before, after) == pytest.approx(0.95)


def test_a_verdict_can_be_written_as_json(folder: ModelFolder) -> None:
    assert json.loads(json.dumps(verdict_of(folder, 0.5).as_dict()))["good"] is False


def test_quantising_puts_eight_bits_where_products_are(folder: ModelFolder) -> None:
    encoder = Models(backend="openvino-f32").encoder(str(folder.path))
    assert isinstance(encoder, BiEncoder)
    network = ConvertedNetworks(None).open(folder, "tokens")

    rounded = int8.quantise(network, list(encoder.batches(TEXTS)))

    kinds = [node.get_type_name() for node in rounded.get_ops()]
    assert "FakeQuantize" in kinds
    assert "FakeQuantize" not in [node.get_type_name() for node in network.get_ops()]
    assert [port.any_name for port in rounded.inputs] == [p.any_name for p in network.inputs]
