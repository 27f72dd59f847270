"""What asking a service means, in plain words, before the first call."""

from __future__ import annotations

from dataclasses import dataclass

from retrieval.models.remote.services import Service, is_here
from retrieval.wording import counted


@dataclass(frozen=True, slots=True)
class Sending:
    """What would be sent.

    Attributes:
        service: Who is asked.
        questions: How many questions.
        passages: Most passages with each.
        calls: Most calls, if none has to be made twice and no answer is known.
        left: Calls that today's cap still allows.
    """

    service: Service
    questions: int
    passages: int
    calls: int
    left: int

    @property
    def sentence(self) -> str:
        """What leaves this machine, where it goes, and how many calls it takes."""
        one = self.questions == 1
        what = "the question" if one else f"{self.questions:,} questions"
        each = "" if one else " each"
        calls = counted(self.calls, "call")
        here = is_here(self.service.address)
        leaves = "Text goes to a service on this machine" if here else "Text leaves this machine"
        return (
            f"{leaves}: {what} and up to {self.passages:,} passages{each} go to "
            f"{self.service.host} ({self.service.model}), in up to {calls}; today’s cap leaves "
            f"{self.left:,}."
        )


def sending(service: Service, questions: int, passages: int, left: int) -> Sending:
    """What so many questions, with so many passages each, would send to a service."""
    return Sending(service, questions, passages, questions * service.calls(passages), left)
