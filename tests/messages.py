"""The texts that customers read, as they stand in templates and code; and the catalogues of them.

`python -m tests.messages` adds what a catalogue lacks, and compiles all of them.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
# Staff's pages are in English.
OF_STAFF = ("admin", "inbox", "account", "allauth")
KEYWORDS = {"_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2)}

Text = str | tuple[str, str]


def texts() -> set[Text]:
    """One for each, or singular and plural."""
    return {message for source in _sources() for message in _of(source)}


def languages() -> list[str]:
    """As gettext names them: zh_Hans."""
    return sorted(path.name for path in LOCALE.iterdir() if path.is_dir())


def catalogue(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def compiled(language: str) -> bytes:
    out = BytesIO()
    write_mo(out, catalogue(language))
    return out.getvalue()


def _sources() -> Iterator[bytes]:
    for path in (ROOT / "templates").rglob("*.html"):
        if path.relative_to(ROOT / "templates").parts[0] not in OF_STAFF:
            lines = templatize(path.read_text()).splitlines()
            yield "\n".join(line.strip() for line in lines).encode()
    for path in (ROOT / "chatsite").rglob("*.py"):
        yield path.read_bytes()


def _of(source: bytes) -> Iterator[Text]:
    for _, message, _, _ in extract("python", BytesIO(source), KEYWORDS, ()):
        yield tuple(message) if isinstance(message, tuple) else message  # type: ignore[misc]


def main() -> None:
    for language in languages():
        known = catalogue(language)
        for text in texts():
            if text not in known:
                known.add(text, flags=["python-format"] if "%(" in str(text) else [])
        folder = LOCALE / language / "LC_MESSAGES"
        with (folder / "django.po").open("wb") as file:
            write_po(file, known, sort_output=True, width=100, ignore_obsolete=True)
        (folder / "django.mo").write_bytes(compiled(language))


if __name__ == "__main__":
    main()
