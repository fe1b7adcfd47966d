"""What was found in the folder or table of a data set, in counts. Independent of images and labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from alc_tui.data.inventory.omissions import DICOM, DICOM_EXTRA

PROBLEMS_SHOWN = 3


@dataclass(frozen=True)
class Link:
    """A link that was followed. path: relative to the data's folder. target: the absolute path that it leads to.

    is_outside: whether the target is outside the data's folder.
    """

    path: str
    target: str
    is_outside: bool


@dataclass(frozen=True)
class Omission:
    """A file, folder or row that was left out. path: relative to the data's folder. reason: a singular, such as
    `hidden file or folder`."""

    path: str
    reason: str


@dataclass(frozen=True)
class Problem:
    """A file, folder or row that should hold samples and cannot be used. path: relative to the data's folder."""

    path: str
    reason: str


@dataclass(frozen=True)
class Inventory:
    """What was found besides the samples: links that were followed, what was left out, and what cannot be used."""

    links: tuple[Link, ...] = ()
    omissions: tuple[Omission, ...] = ()
    problems: tuple[Problem, ...] = ()

    def omission_counts(self) -> dict[str, int]:
        """The number of files, folders and rows left out, by reason, the most frequent first."""
        return dict(Counter(omission.reason for omission in self.omissions).most_common())

    def sentences(self) -> list[str]:
        """What was followed, left out, and cannot be used, one sentence each; empty if there is nothing to say."""
        sentences = []
        if self.links:
            outside = [link for link in self.links if link.is_outside]
            example = (outside or self.links)[0]
            where = f", {len(outside):,} of them out of the folder" if outside else ""
            sentences.append(f"Links followed: {len(self.links):,}{where}, such as {example.path} → {example.target}.")
        if self.omissions:
            sentences.append(f"Left out: {self._listed()}.")
        if self._lacks_dicom():
            sentences.append(DICOM_EXTRA)
        if self.problems:
            sentences.append(f"Cannot be used: {summary(self.problems)}.")
        return sentences

    def clause(self) -> str:
        """What was left out and cannot be used, in parentheses, for an error; "" if nothing was."""
        omissions = [f"left out: {self._listed()}"] if self.omissions else []
        problems = [f"cannot be used: {summary(self.problems)}"] if self.problems else []
        hints = [DICOM_EXTRA[0].lower() + DICOM_EXTRA[1:-1]] if self._lacks_dicom() else []
        return f" ({'; '.join(omissions + problems + hints)})" if omissions or problems else ""

    def _lacks_dicom(self) -> bool:
        return any(omission.reason.startswith(f"{DICOM} file (") for omission in self.omissions)

    def _listed(self) -> str:
        return ", ".join(f"{count:,} × {reason}" for reason, count in self.omission_counts().items())


def together(inventories: Sequence[Inventory]) -> Inventory:
    """What was found in several folders."""
    return Inventory(
        tuple(link for each in inventories for link in each.links),
        tuple(omission for each in inventories for omission in each.omissions),
        tuple(problem for each in inventories for problem in each.problems),
    )


def summary(problems: Sequence[Problem]) -> str:
    """The number of problems, and the first of them."""
    first = "; ".join(f"{problem.path}: {problem.reason}" for problem in problems[:PROBLEMS_SHOWN])
    more = f"; and {len(problems) - PROBLEMS_SHOWN:,} more" if len(problems) > PROBLEMS_SHOWN else ""
    return f"{len(problems):,} ({first}{more})"
