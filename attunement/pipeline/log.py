"""The log of a study's runs: one JSON object a line, appended run after run."""

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from attunement.errors import OutputError


class RunLog:
    """Appends events to a file, each in one piece, so that a killed run leaves whole lines.

    A line that cannot be written (the disk is full) is left out: the sessions that fail for the
    same reason say so, and a log is no reason to stop a run.

    Parameters
    ----------
    path : Path
        ``OUT/log.jsonl``; a last line that a power cut has left torn is removed.

    Raises
    ------
    OutputError
        When the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
            self._end = _end_of_whole_lines(self._file)
        except OSError as error:
            raise OutputError(
                f"{path} cannot be written ({error.strerror}).",
                "Close the program that has it open, or remove it.",
            ) from None

    def write(self, event: str, **facts: object) -> None:
        """Append one event with the time at which it is told."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        text = json.dumps({"time": now, "event": event, **facts}, ensure_ascii=False)
        line = f"{text}\n".encode(errors="backslashreplace")
        with suppress(OSError):
            os.lseek(self._file, self._end, os.SEEK_SET)
            if os.write(self._file, line) == len(line):
                self._end += len(line)
            else:
                os.ftruncate(self._file, self._end)

    def __enter__(self) -> "RunLog":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)


def _end_of_whole_lines(file: int) -> int:
    size = os.fstat(file).st_size
    end = size
    while end:
        start = max(0, end - 4096)
        os.lseek(file, start, os.SEEK_SET)
        newline = os.read(file, end - start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end < size:
        os.ftruncate(file, end)
    return end
