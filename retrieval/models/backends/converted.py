"""Converted networks on disk: made once from torch, opened in milliseconds ever after.

A network is written into a folder beside its place and moved there in one step, so that a kill or a
full disk leaves either a whole network or none. Its files are checked by size and CRC each time.
"""

from __future__ import annotations

import json
import logging
import mmap
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from filelock import FileLock

from retrieval.errors import StorageError
from retrieval.models.backends import Head, UnfitError
from retrieval.models.backends.int8 import Verdict, Verdicts
from retrieval.models.backends.openvino_runtime import core, library
from retrieval.models.folder import ModelFolder

_LOG = logging.getLogger(__name__)

_FORM = 1
"""Raised when the same weights are to be converted in another way."""

_FILES = ("network.xml", "network.bin")
_MANIFEST = "manifest.json"
_UNFINISHED = ".unfinished-"


class ConvertedNetworks:
    """Keeps converted networks under the home folder; they hold for every precision.

    A folder that cannot be written costs a conversion at each start, and never an answer.

    Args:
        home: The home folder; None converts in memory and keeps nothing.
    """

    def __init__(self, home: Path | None) -> None:
        self._folder = None if home is None else home / "models"
        self._failed: dict[str, Exception] = {}

    def open(self, folder: ModelFolder, head: Head) -> Any:
        """The converted network of a model folder, converting it if need be.

        Raises:
            ModelError: If the weights are damaged, or the model has another head.
        """
        name = key(folder, head)
        if name in self._failed:
            # What failed for one precision fails for the next, after the same seconds.
            raise self._failed[name]
        try:
            return self._open(name, folder, head)
        except Exception as error:
            self._failed[name] = error
            raise

    @property
    def verdicts(self) -> Verdicts:
        """What came of calibrating networks in int8."""
        return Verdicts(self._folder)

    def open_int8(self, folder: ModelFolder, head: Head) -> tuple[Any, str]:
        """The calibrated network of a model folder, with its fingerprint.

        Raises:
            UnfitError: If there is none that may serve.
        """
        verdict = self.verdicts.serving(folder, head)
        if self._folder is None:
            raise UnfitError("there is no home folder to keep a calibrated network in")
        try:
            return _read(self._folder / f"int8-{verdict.fingerprint}"), verdict.fingerprint
        except _UnreadableError as error:
            raise UnfitError(f"the calibrated network is damaged ({error})") from error

    def keep_int8(self, folder: ModelFolder, verdict: Verdict, network: Any) -> None:
        """Keep a calibrated network that may serve, and the verdict either way.

        Raises:
            StorageError: If the home folder cannot be written; then no half network is left.
        """
        verdicts = self.verdicts
        if self._folder is not None and verdict.is_good:
            try:
                with _alone(self._folder):
                    _write(self._folder / f"int8-{verdict.fingerprint}", network)
            except (OSError, RuntimeError) as error:  # OpenVINO reports a full disk as such
                raise StorageError(
                    f"The calibrated network is not kept: {str(error).splitlines()[0]}",
                    hint="Make room in the home folder, and calibrate again.",
                ) from error
        verdicts.keep(folder, verdict)

    def _open(self, name: str, folder: ModelFolder, head: Head) -> Any:
        if self._folder is None:
            return convert(folder, head)
        place = self._folder / name
        try:
            return _read(place)
        except _UnreadableError:
            pass  # said below, by whoever makes it again
        try:
            with _alone(self._folder):
                return self._open_or_make(place, folder, head)
        except OSError as error:
            _LOG.warning("The converted network is not kept: %s", error)
            return convert(folder, head)

    def _open_or_make(self, place: Path, folder: ModelFolder, head: Head) -> Any:
        try:
            return _read(place)  # another process may have been faster while this one waited
        except _UnreadableError as error:
            if place.exists():
                _LOG.warning("A converted network is damaged and is made again: %s", error)
        network = convert(folder, head)
        try:
            _write(place, network)
        except OSError as error:
            _LOG.warning("The converted network is not kept: %s", error)
        except RuntimeError as error:  # OpenVINO reports a full disk so, and hardly says it
            reason = str(error).splitlines()[0]
            _LOG.warning("The converted network is not kept, perhaps for want of room: %s", reason)
        return network


def key(folder: ModelFolder, head: Head) -> str:
    """Names everything that a converted network depends on."""
    version = library().__version__.split("-")[0]
    return f"{folder.weights_hash[:16]}-{head}-openvino-{version}-{_FORM}"


def convert(folder: ModelFolder, head: Head) -> Any:
    """The network as an OpenVINO model with named inputs of any batch size and length.

    Raises:
        ModelError: If the weights are damaged, or the model has another head.
    """
    from retrieval.models.backends.networks import (  # noqa: PLC0415
        example_inputs,
        load_lean_network,
        quiet,
    )

    # The lock comes first: Python's warning filters belong to the whole process, too.
    with _logging_as_it_was(), quiet():
        network = load_lean_network(folder, head)
        converted = library().convert_model(network, example_input=example_inputs(network))
    for port, name in zip(converted.inputs, network.names, strict=True):
        port.get_tensor().set_names({name})
        port.get_node().set_partial_shape(library().PartialShape([-1, -1]))
    converted.validate_nodes_and_infer_types()
    return converted


_converting = Lock()


@contextmanager
def _logging_as_it_was() -> Iterator[None]:
    """Keep the process's logging through a conversion; one conversion at a time.

    While OpenVINO converts, it sets the root logger to errors alone and adds a filter, and it puts
    copies of the lists back that it found. Conversions that overlap would take each other's state
    for how it was; a handler that came or went meanwhile would be lost or return; and what other
    threads of this package have to warn of would not be heard.
    """
    root, ours = logging.getLogger(), logging.getLogger("retrieval")
    with _converting:
        root_level, our_level = root.level, ours.level
        handlers, filters = root.handlers, root.filters
        ours.setLevel(ours.getEffectiveLevel())
        try:
            yield
        finally:
            ours.setLevel(our_level)
            root.setLevel(root_level)
            root.handlers = handlers
            root.filters = [one for one in filters if not _is_openvinos(one)]


def _is_openvinos(thing: object) -> bool:
    return type(thing).__module__.startswith("openvino.")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder against other processes; whatever is unfinished now was left by a kill."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        for leftover in folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield


def _write(place: Path, network: Any) -> None:
    unfinished = place.with_name(_UNFINISHED + place.name)
    unfinished.mkdir()
    try:
        library().save_model(network, unfinished / _FILES[0], compress_to_fp16=False)
        sums = {name: _checksum(unfinished / name) for name in _FILES}
        (unfinished / _MANIFEST).write_text(json.dumps(sums), encoding="utf-8")
        shutil.rmtree(place, ignore_errors=True)
        unfinished.replace(place)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


class _UnreadableError(Exception):
    """There is no whole network in a folder."""


def _read(place: Path) -> Any:
    try:
        sums = json.loads((place / _MANIFEST).read_text(encoding="utf-8"))
        if sums != {name: _checksum(place / name) for name in _FILES}:
            raise _UnreadableError(f"the files in {place} have changed")
        return core().read_model(place / _FILES[0])
    except (OSError, ValueError, RuntimeError) as error:
        raise _UnreadableError(str(error).splitlines()[0]) from error


def _checksum(path: Path) -> list[int]:
    """Size and CRC-32: finds any damaged block, in a third of the time of a hash."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return [len(content), zlib.crc32(content)]
