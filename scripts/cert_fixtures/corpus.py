"""The corpus being made: files on disk, and what a reader should find in each."""

import hashlib
import json
from dataclasses import asdict, dataclass, field


@dataclass
class Entry:
    """One way to read one file. The names are those of corpus.json."""

    file: str
    about: str
    password: str | None = None
    password_form: str = "none"
    opens: bool = True
    error: str | None = None
    judge: str | None = None
    certificates: list = field(default_factory=list)
    keys: list = field(default_factory=list)


def digest(content):
    return hashlib.sha256(content).hexdigest()


class Corpus:
    def __init__(self, folder):
        self.folder = folder
        self.entries = []

    def add(self, file, about, content, holds=(), **rest):
        """Writes a file. `holds` are the identities, certificates and keys within."""
        path = self.folder / file
        assert not path.exists(), file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        entry = Entry(file, about, **rest)
        entry.opens = entry.error is None
        for each in holds:
            certificate = getattr(each, "certificate", each)
            key = getattr(each, "key", each)
            if hasattr(certificate, "x509"):
                entry.certificates.append(digest(certificate.der))
            if hasattr(key, "private"):
                entry.keys.append(digest(key.public_bits))
        self.entries.append(entry)
        return content

    def again(self, file, about, password, error=None):
        """The same file with another password."""
        known = next(entry for entry in self.entries if entry.file == file)
        found = asdict(known) if error is None else {"file": file, "password_form": known.password_form}
        found.update(about=about, password=password, opens=error is None, error=error)
        self.entries.append(Entry(**found))

    def write_index(self):
        order = ["file", "password", "about", "password_form", "opens", "error", "judge", "certificates", "keys"]
        rows = [json.dumps({key: asdict(entry)[key] for key in order}, ensure_ascii=False) for entry in self.entries]
        (self.folder / "corpus.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")

    def table(self):
        lines = ["| file | password | form | reads as | what it is |", "| --- | --- | --- | --- | --- |"]
        for entry in self.entries:
            password = "-" if entry.password is None else f'`"{entry.password}"`'
            lines.append(
                f"| `{entry.file}` | {password} | {entry.password_form} | {entry.error or 'ok'} | {entry.about} |"
            )
        return "\n".join(lines)
