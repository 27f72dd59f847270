"""Names that people type: who takes one first has it, and the next one is asked who they are.

Nobody vouches for a typed name, and a reviewer comes back by typing it again. So a name that is
taken is not refused: whoever typed it is told, and says whether it was them.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa

from retrieval.review.database import NAMES, Database, review_errors
from retrieval.review.people import plain_name
from retrieval.review.standing import Standing
from retrieval.store.filters import one_of


@dataclass(frozen=True, slots=True)
class Taken:
    """A name that somebody judges under already.

    Attributes:
        name: As they typed it.
        answers: What stands of their answers.
        last: When they last said something, or took the name; in ISO form, UTC.
    """

    name: str
    answers: int
    last: str


class Names:
    """The names that were typed, of all reviews.

    Args:
        database: The tables.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, review_id: str, name: str, standing: Standing) -> Taken | None:
        """Take a name; of two who take it at once, one has it.

        Two names that differ in capitals alone are one, for a reader takes them for one person.

        Args:
            review_id: The review that is to be judged.
            name: The name.
            standing: What has been said in the review: a name that came in with judgments of
                another home is taken, too.

        Returns:
            Who has it; None where it was free.

        Raises:
            StorageError: If the home cannot be read or written.
        """
        written = _found(name, standing.answers)
        row = self._enter(review_id, written or name)
        if row is None and written is None:
            return None
        who = written or (row["name"] if row else name)
        own = standing.answers.get(who, {}).values()
        last = max((one.at for one in own), default=row["at"] if row else "")
        return Taken(plain_name(who), len(own), last)

    def forget(self, review_id: str) -> None:
        """Forget who judged a review that is deleted."""
        with review_errors():
            self._database.shared(NAMES).delete(one_of("review_id", [review_id]))

    def _enter(self, review_id: str, name: str) -> dict[str, str] | None:
        """Enter a name; the row of whoever was first, or None where it was this caller."""
        key = f"{review_id}@{_alike(name)}"
        row = {
            "key": key,
            "review_id": review_id,
            "name": name,
            "write_id": secrets.token_hex(8),
            "at": datetime.now(UTC).isoformat(timespec="microseconds"),
        }
        with review_errors():
            table = self._database.shared(NAMES)
            rows = pa.Table.from_pylist([row], schema=table.schema)
            table.merge_insert("key").when_not_matched_insert_all().execute(rows)
            (first,) = table.search().where(one_of("key", [key])).to_list()
        return None if first["write_id"] == row["write_id"] else first


def _found(name: str, reviewers: Iterable[str]) -> str | None:
    """The reviewer of this name, as it is written in what they said."""
    return next((one for one in reviewers if _alike(one) == _alike(name)), None)


def _alike(name: str) -> str:
    """Equal for names that a reader cannot tell apart."""
    return unicodedata.normalize("NFKC", name).casefold()
