from __future__ import annotations

import logging
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from retrieval.models.backends import converted, networks, openvino_runtime
from retrieval.models.backends.converted import ConvertedNetworks, convert, key
from retrieval.models.folder import ModelFolder
from tests.tiny import save_cross_encoder

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFolder:
    return ModelFolder.open(save_cross_encoder(tmp_path_factory.mktemp("model")))


@pytest.fixture(scope="module")
def filled(model: ModelFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    ConvertedNetworks(home).open(model, "logit")
    return home


def content(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "models").iterdir() if path.name != ".lock")


def place_of(home: Path, model: ModelFolder) -> Path:
    return home / "models" / key(model, "logit")


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.message for r in caplog.records if r.levelno >= logging.WARNING]


def is_network(network: Any) -> bool:
    return [port.any_name for port in network.inputs][:2] == ["input_ids", "attention_mask"]


def test_a_converted_network_is_opened_without_torch(
    filled: Path, model: ModelFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converted, "convert", None)

    assert is_network(ConvertedNetworks(filled).open(model, "logit"))
    assert content(filled) == [key(model, "logit")]


def test_the_key_names_weights_head_and_version(
    model: ModelFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ModelFolder(model.path, model.config, "0" * 64)
    keys = {key(model, "logit"), key(model, "tokens"), key(other, "logit")}
    monkeypatch.setattr(openvino_runtime.library(), "__version__", "2031.1.0-1-releases")
    keys.add(key(model, "logit"))

    assert len(keys) == 4


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["network.xml", "network.bin", "manifest.json"])
@pytest.mark.parametrize("damage", [halve, flip, Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_damaged_network_is_made_again_in_one_line(
    name: str, damage: Any, model: ModelFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ConvertedNetworks(tmp_path).open(model, "logit")
    damage(place_of(tmp_path, model) / name)

    assert is_network(ConvertedNetworks(tmp_path).open(model, "logit"))
    assert len(warnings_of(caplog)) == 1
    assert "made again" in warnings_of(caplog)[0]
    caplog.clear()
    ConvertedNetworks(tmp_path).open(model, "logit")
    assert warnings_of(caplog) == []


def test_a_home_that_cannot_be_written_costs_a_line(
    model: ModelFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "home"
    home.write_text("a file where a folder should be")

    assert is_network(ConvertedNetworks(home).open(model, "logit"))
    assert len(warnings_of(caplog)) == 1


def test_a_full_disk_leaves_no_half_file(
    model: ModelFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(network: Any, path: Path, **_: Any) -> None:
        path.write_text("half a net")
        raise RuntimeError("Could not write network.bin: No space left on device\nat line 3")

    monkeypatch.setattr(openvino_runtime.library(), "save_model", full)

    assert is_network(ConvertedNetworks(tmp_path).open(model, "logit"))
    assert content(tmp_path) == []
    (line,) = warnings_of(caplog)
    assert "No space left" in line
    assert "\n" not in line


def test_a_conversion_that_fails_is_not_tried_twice(
    model: ModelFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def fail(folder: ModelFolder, head: str) -> None:
        tried.append(head)
        raise RuntimeError("No conversion rule found")

    monkeypatch.setattr(converted, "convert", fail)
    networks = ConvertedNetworks(None)

    for _ in range(2):
        with pytest.raises(RuntimeError, match="No conversion rule"):
            networks.open(model, "logit")
    assert tried == ["logit"]


def run(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


OPEN = """
import sys
from pathlib import Path
from retrieval.models.backends import openvino_runtime
from retrieval.models.backends.converted import ConvertedNetworks
from retrieval.models.folder import ModelFolder
model, home = ModelFolder.open(Path(sys.argv[1])), Path(sys.argv[2])
"""

KILLED_WHILE_WRITING = (
    OPEN
    + """
import os, signal
def killed(network, path, **_):
    path.write_text("half a net")
    os.kill(os.getpid(), signal.SIGKILL)
openvino_runtime.library().save_model = killed
ConvertedNetworks(home).open(model, "logit")
"""
)

OPENED = (
    OPEN
    + """
print([port.any_name for port in ConvertedNetworks(home).open(model, "logit").inputs])
"""
)


NO_ROOM = (
    OPEN
    + """
import logging, resource, signal
logging.basicConfig(level=logging.WARNING, format="%(message)s")
from retrieval.models.backends import networks  # the imports may write caches of their own
openvino_runtime.library()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for most_bytes in sys.argv[3:]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most_bytes), resource.RLIM_INFINITY))
    print(len(ConvertedNetworks(home / most_bytes).open(model, "logit").inputs), flush=True)
"""
)


def test_a_file_that_cannot_grow_leaves_nothing_behind_and_the_network_serves(
    model: ModelFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The operating system refuses to write on, as it does on a full disk."""
    sizes = ("0", "2000", "12000")
    process = run(NO_ROOM, model.path, tmp_path, *sizes)
    said = process.communicate(timeout=240)[0].splitlines()

    assert process.returncode == 0, said
    assert [line for line in said if "not kept" not in line] == ["3"] * len(sizes), said
    for size in sizes:
        assert content(tmp_path / size) == []
        assert is_network(ConvertedNetworks(tmp_path / size).open(model, "logit"))
    assert warnings_of(caplog) == []


def test_a_kill_while_converting_is_swept_up_by_the_next(
    model: ModelFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    process = run(KILLED_WHILE_WRITING, model.path, tmp_path)
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    assert [name for name in content(tmp_path) if not name.startswith(".")] == []

    assert is_network(ConvertedNetworks(tmp_path).open(model, "logit"))
    assert content(tmp_path) == [key(model, "logit")]
    assert warnings_of(caplog) == []


def test_two_processes_may_convert_at_once(model: ModelFolder, tmp_path: Path) -> None:
    processes = [run(OPENED, model.path, tmp_path) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0]
    assert said[0] == said[1]
    assert content(tmp_path) == [key(model, "logit")]


def test_conversions_at_once_leave_the_logging_of_the_process_as_it_was(model: ModelFolder) -> None:
    root = logging.getLogger()
    before = root.level, root.filters[:], root.handlers[:]

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda _: is_network(convert(model, "logit")), range(12)))

    assert (root.level, root.filters, root.handlers) == before


def test_other_threads_are_heard_while_one_converts(
    model: ModelFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    root, keeper = logging.getLogger(), Keeper()
    inputs = networks.example_inputs

    def meanwhile(network: Any) -> Any:
        root.addHandler(keeper)
        return inputs(network)

    def warn(*_: Any) -> None:
        assert root.level == logging.ERROR
        logging.getLogger("retrieval.elsewhere").warning("the disk is nearly full")

    monkeypatch.setattr(networks, "example_inputs", meanwhile)
    network = networks.load_lean_network(model, "logit")
    network.register_forward_pre_hook(warn)
    monkeypatch.setattr(networks, "load_lean_network", lambda *_: network)
    try:
        convert(model, "logit")
        assert keeper in root.handlers
    finally:
        root.removeHandler(keeper)

    assert "the disk is nearly full" in heard
    assert logging.getLogger("retrieval").level == logging.NOTSET
