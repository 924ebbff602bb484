"""An output file in the making: it grows beside its final place and can be gone on with after its writer was killed.

`.NAME.part` holds the lines so far and `.NAME.part.json` of what they are made and how far they are safe. At the end
the file takes its place in one step and both are gone.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType

from tokapp.documents import Json
from tokapp.errors import BadInput


@dataclass(frozen=True, slots=True)
class Point:
    """How far an output is safe: `items` taken from the inputs (documents and failures), and what came of them."""

    items: int = 0
    documents: int = 0
    failed: int = 0
    spans: int = 0
    bytes: int = 0


class Unfinished:
    """The lines of an output so far, of which only one process at a time may write.

    `point` is how far it is; `anew` says why an earlier start was thrown away, "" if there was none or it goes on.
    `is_there` says that the output took its place already, in the moment before its writer was killed.
    """

    def __init__(self, output: Path, made_of: Mapping[str, Json]) -> None:
        """Nothing is touched before it is entered; `made_of` names everything that decides what the lines say."""
        self._output, self._made_of = output, dict(made_of)
        self._lines, self._record = part_of(output), part_of(output).with_suffix(".part.json")
        self.point, self.anew, self.is_there = Point(), "", False

    def __enter__(self) -> Unfinished:
        """Take up what is there; raises BadInput if another process is at it."""
        self._output.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self._lines.open("ab")
        try:
            self._lock()
            self._take_up()
            self._stream.truncate(0 if self.is_there else self.point.bytes)
            self._stream.seek(0, os.SEEK_END)
        except BaseException:
            self._stream.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Keep what is safe; what never came to anything leaves nothing behind."""
        self._stream.close()
        if self.point == Point():
            self._lines.unlink(missing_ok=True)
            self._record.unlink(missing_ok=True)

    def _lock(self) -> None:
        """Hold the file; the one that was opened may have become somebody's finished output meanwhile."""
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_ours = os.path.samestat(os.fstat(self._stream.fileno()), self._lines.stat())
        except (BlockingIOError, FileNotFoundError):
            is_ours = False
        if not is_ours:
            raise BadInput("another process is writing it; wait for it or choose another name", where=str(self._output))

    def _take_up(self) -> None:
        try:
            record = json.loads(self._record.read_text("utf-8"))
            point, made_of = Point(**record["point"]), record["of"]
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, KeyError):
            self.anew = "the record of an earlier start cannot be read"
            return
        other = sorted(key for key in {*made_of, *self._made_of} if made_of.get(key) != self._made_of.get(key))
        if other:
            self.anew = f"an earlier start had another {' and another '.join(other)}"
        elif self._lines.stat().st_size >= point.bytes:
            self.point = point
        elif record.get("is_whole") and self._output.is_file():
            self.point, self.is_there = point, True
        else:
            self.anew = "what an earlier start wrote is not there any more"

    def add(self, lines: Iterable[str], after: Point) -> None:
        """Write the lines that lead to a point and make it safe: whoever comes next goes on from there."""
        for line in lines:
            self._stream.write(line.encode("utf-8"))
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self.point = replace(after, bytes=self._stream.tell())
        self._note(is_whole=False)

    def _note(self, *, is_whole: bool) -> None:
        temporary = self._record.with_suffix(".new")
        record = {"of": self._made_of, "point": asdict(self.point), "is_whole": is_whole}
        temporary.write_text(json.dumps(record), "utf-8")
        temporary.replace(self._record)

    def finish(self, convert: Callable[[Path, Path], None] | None = None) -> None:
        """Let the output appear, whole: the lines themselves, or what `convert` makes of them."""
        if convert is not None:
            made = self._lines.with_suffix(".made")
            convert(self._lines, made)
            made.replace(self._output)
            self._lines.unlink()
        elif self.is_there:
            self._lines.unlink()
        else:
            self._note(is_whole=True)
            self._lines.replace(self._output)
        self._record.unlink(missing_ok=True)


def part_of(output: Path) -> Path:
    """Where the lines of an unfinished output stand."""
    return output.with_name(f".{output.name}.part")
