"""OpenVINO itself: imported without its telemetry, and asked what this machine can do."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from typing import Any


@cache
def library() -> Any:
    """The package, imported when first needed.

    On import it would report its use to Intel through ``openvino_telemetry`` and write a file into
    the user's home folder; where it cannot import that package, it does neither.
    """
    if "openvino" not in sys.modules:
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino  # noqa: PLC0415

    return openvino


@cache
def core() -> Any:
    """OpenVINO's entry point, one a process."""
    return library().Core()


def obstacle() -> str:
    """Why OpenVINO cannot be used; empty where it can."""
    if importlib.util.find_spec("openvino") is None:
        return "openvino is not installed"
    try:
        devices = core().available_devices
    except Exception as error:  # noqa: BLE001  # a broken installation fails in many ways
        return f"openvino does not start: {type(error).__name__}: {error}".splitlines()[0]
    return "" if "CPU" in devices else "openvino has no CPU plugin"


def bf16_obstacle() -> str:
    """Why OpenVINO cannot compute in bf16; empty where it can."""
    if found := obstacle():
        return found
    if "BF16" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        return ""
    return "this processor has no bf16 instructions"
