"""Question sets that were handed in, kept under the home so that they can be picked again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import IngestError, StorageError
from retrieval.evaluation.question_sets import QuestionSet
from retrieval.types import Question


@dataclass(frozen=True, slots=True)
class SavedSet:
    """What a list says of a set.

    Attributes:
        id: Names its file; made of its content.
        name: What a person calls it.
        questions: How many it has.
    """

    id: str
    name: str
    questions: int


class SavedSets:
    """The question sets of one home; a file each, its first line the entry of a list.

    Args:
        folder: Where they lie; made when the first is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, collection_id: str, asked: QuestionSet) -> SavedSet:
        """Keep a set for a collection; the same content is kept once.

        Raises:
            StorageError: If it cannot be written.
        """
        saved = SavedSet(f"{collection_id[:8]}-{asked.key}", asked.name, len(asked.questions))
        head = {"collection": collection_id, "name": saved.name, "questions": saved.questions}
        body = {
            "questions": [(one.id, one.text) for one in asked.questions],
            "qrels": asked.qrels,
            "notes": asked.notes,
        }
        part = self._folder / f"{saved.id}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_text(f"{json.dumps(head)}\n{json.dumps(body)}\n", encoding="utf-8")
            part.replace(self._path(saved.id))
        except OSError as error:
            raise StorageError(
                "The questions cannot be kept.", hint="Make room in the home folder."
            ) from error
        return saved

    def list(self, collection_id: str) -> tuple[SavedSet, ...]:
        """The sets of a collection, by name."""
        found = []
        for path in self._folder.glob(f"{collection_id[:8]}-*.jsonl"):
            try:
                with path.open(encoding="utf-8") as stream:
                    head = json.loads(stream.readline())
                if head["collection"] == collection_id:
                    found.append(SavedSet(path.stem, head["name"], head["questions"]))
            except (OSError, ValueError, KeyError):
                continue
        return tuple(sorted(found, key=lambda one: (one.name.lower(), one.id)))

    def get(self, set_id: str) -> QuestionSet:
        """A set whole.

        Raises:
            IngestError: If there is none, or its file is damaged.
        """
        try:
            head, body = map(json.loads, self._path(set_id).read_text("utf-8").splitlines())
            questions = tuple(Question(*one) for one in body["questions"])
            return QuestionSet(head["name"], questions, body["qrels"], tuple(body["notes"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IngestError(
                "These questions are not there any more.", hint="Hand them in again."
            ) from error

    def remove(self, set_id: str) -> None:
        """Forget a set."""
        self._path(set_id).unlink(missing_ok=True)

    def _path(self, set_id: str) -> Path:
        # The id comes from an address; only the name of a file of this folder is meant.
        return self._folder / f"{Path(set_id).name}.jsonl"
