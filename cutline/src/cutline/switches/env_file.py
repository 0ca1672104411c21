"""A switch that is one `KEY=percent` line of a file, as .env files and systemd read it."""

from __future__ import annotations

import os
import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from cutline.evidence import files
from cutline.switches.kind import SwitchNotSet, SwitchUnreadable, percent_of


@dataclass(frozen=True, slots=True)
class EnvFileSwitch:
    """The line with the key; every other line, its comments, the mode and the owner stay.

    A file or a key that is not there is not 0: an application may have a default of its own. So
    reading says that it is not set, and setting adds the line, but never makes the file: a wrong
    path would look like a switch that works.
    """

    path: Path
    key: str

    def read(self) -> int:
        """Return the percent of the line; raises `SwitchUnreadable` if there is no one answer."""
        found = {match["value"].decode() for match in self._line.finditer(self._content())}
        if not found:
            raise SwitchUnreadable(
                f"{self.key} is not set", where=str(self.path), why="no line names it"
            )
        if len(found) > 1:
            raise SwitchUnreadable(
                f"{self.key} is set {len(found)} times, each time to something else",
                where=str(self.path),
                why="readers of such files differ in which line they take",
            )
        return percent_of(found.pop(), f"{self.path}, {self.key}")

    def set(self, percent: int) -> None:
        """Put the percent into every line of the key, or add one; raises `SwitchNotSet`."""
        content = self._content()
        value = str(percent).encode()
        new, count = self._line.subn(
            lambda line: line["name"] + line["quote"] + value + line["quote"] + line["rest"],
            content,
        )
        if not count:
            end = b"\r\n" if content.rpartition(b"\n")[0].endswith(b"\r") else b"\n"
            gap = b"" if not content or content.endswith(b"\n") else end
            new = content + gap + self.key.encode() + b"=" + value + end
        if new != content:
            self._replace(new)

    @property
    def _line(self) -> re.Pattern[bytes]:
        key = re.escape(self.key.encode())
        return re.compile(
            rb"^(?P<name>[ \t]*(?:export[ \t]+)?" + key + rb"[ \t]*=[ \t]*)"
            rb"(?P<quote>[\"']?)(?P<value>[^\"'#\r\n]*?)(?P=quote)"
            rb"(?P<rest>[ \t]*(?:#[^\r\n]*)?\r?)$",
            re.MULTILINE,
        )

    def _content(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise SwitchUnreadable(
                "the file of the switch cannot be read",
                where=str(self.path),
                why=error.strerror or str(error),
            ) from error

    def _replace(self, content: bytes) -> None:
        """Put the new content in the place of the old by one rename; a link stays a link."""
        path = self.path.resolve()
        partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
        try:
            old = path.stat()
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                files.write_all(handle, content)
                os.fchmod(handle, stat.S_IMODE(old.st_mode))
                if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(handle, old.st_uid, old.st_gid)
                os.fsync(handle)
            finally:
                os.close(handle)
            partial.replace(path)
            files.sync_folder(path.parent)
        except OSError as error:
            raise SwitchNotSet(
                "the file of the switch cannot be written",
                where=str(self.path),
                why=error.strerror or str(error),
                remedy="give the user of the run the right to write file and folder",
            ) from error
        finally:
            partial.unlink(missing_ok=True)
