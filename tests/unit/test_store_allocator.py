"""The allocator is told once, leaves a person's own word alone, and is not missed elsewhere."""

from __future__ import annotations

import os
import sys

import pytest

from retrieval.store import allocator


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[int, ...]]]:
    calls: list[tuple[str, tuple[int, ...]]] = []

    def function(name: str) -> object:
        return lambda *given: calls.append((name, given))

    monkeypatch.setattr(allocator, "_function", function)
    return calls


def test_there_are_as_many_heaps_as_cores_and_two_at_least(
    told: list[tuple[str, tuple[int, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    for cores in (16, 1, None):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        allocator.one_heap_a_core()
    assert told == [("mallopt", (-8, 16)), ("mallopt", (-8, 2)), ("mallopt", (-8, 2))]


def test_what_the_environment_says_of_heaps_holds(
    told: list[tuple[str, tuple[int, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "4")
    allocator.one_heap_a_core()
    assert told == []


def test_a_system_without_these_functions_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    monkeypatch.setattr(sys, "platform", "darwin")
    allocator.one_heap_a_core()
    allocator.give_back()
