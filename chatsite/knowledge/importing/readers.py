"""Files as articles: Markdown, HTML, CSV, PDF and Word, each told by its content. Pure.

Nothing of a file is executed or fetched: pictures are left out, and links stay text to be followed.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, StringIO

import mammoth
import markdownify
import pypdf
import trafilatura
from lxml import html as lxml_html
from pypdf.errors import PyPdfError

# As Article has them, in characters.
LONGEST_TITLE, LONGEST_BODY = 200, 50_000
MOST_PAGES = 500  # of a PDF
MOST_ROWS = 10_000  # of a spreadsheet
_HEADING = re.compile(r"^#{1,2} +(.+?)(?: +#+)?$", re.MULTILINE)
# What a PDF breaks within a word at the end of a line.
_HYPHEN = re.compile(r"(?<=\w)-\n(?=[a-zà-ÿ])")


class Unreadable(Exception):
    """Why nothing can be made of a file or a page, as a sentence."""


@dataclass(frozen=True, slots=True)
class Page:
    """An article to be: `source` tells it from all others, and is the same when it comes again."""

    source: str
    title: str
    body: str
    slug: str = ""
    language: str = ""


def read(name: str, content: bytes) -> list[Page]:
    """What a file holds. Raises Unreadable."""
    if not content.strip():
        raise Unreadable("It is empty.")
    if content.startswith(b"%PDF-"):
        return _parts(name, _pdf(name, content))
    if content.startswith(b"PK\x03\x04"):
        return _parts(name, _word(name, content))
    text = _text(content)
    if name.lower().endswith(".csv"):
        return list(_rows(name, text))
    if re.match(r"\s*(<!doctype html|<html|<head|<body|<article|<h1|<p[ >])", text, re.IGNORECASE):
        return _parts(name, _html(name, text))
    return _parts(name, _markdown(name, text))


def web_page(url: str, content: bytes) -> list[Page]:
    """What a page on the web says, without its menus and footers. Raises Unreadable."""
    text = _text(content)
    found = trafilatura.extract(
        text,
        url=url,
        output_format="markdown",
        include_links=True,
        include_tables=True,
        include_images=False,
        include_comments=False,
        favor_recall=True,
    )
    if not found or len(found.split()) < 5:
        raise Unreadable("No text was found besides its menus.")
    return _parts(url, (_title_of(text) or url, found))


def _text(content: bytes) -> str:
    """Raises Unreadable."""
    if b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("This kind of file is not supported.")
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else ""):
        try:
            if encoding:
                return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    return content.decode("cp1252", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _markdown(name: str, text: str) -> tuple[str, str]:
    first = re.match(r"\s*# +(.+?)(?: +#+)?\s*(?:\n|$)", text)
    return (first[1], text[first.end() :]) if first else (_named(name), text)


def _html(name: str, text: str) -> tuple[str, str]:
    try:
        tree = lxml_html.document_fromstring(text)
    except (lxml_html.etree.ParserError, ValueError) as error:
        raise Unreadable("Its HTML cannot be read.") from error
    title = _title_of(text)
    for unwanted in tree.xpath("//script|//style|//nav|//header|//footer|//form|//iframe|//img"):
        unwanted.drop_tree()
    body = tree.find("body")
    written = lxml_html.tostring(tree if body is None else body, encoding="unicode")
    said = markdownify.markdownify(written, heading_style="ATX", strip=["img"])
    return _without_title(title or _named(name), said)


def _title_of(text: str) -> str:
    try:
        tree = lxml_html.document_fromstring(text)
    except (lxml_html.etree.ParserError, ValueError):
        return ""
    heading = " ".join("".join(tree.xpath("(//h1)[1]//text()")).split())
    return heading or " ".join("".join(tree.xpath("//title//text()")).split())


def _word(name: str, content: bytes) -> tuple[str, str]:
    try:
        found = mammoth.convert_to_html(
            BytesIO(content), convert_image=mammoth.images.img_element(lambda _: {})
        )
    except Exception as error:  # a ZIP of anything else: mammoth says so in many ways
        raise Unreadable("It is not a Word document (.docx).") from error
    return _html(name, f"<html><body>{found.value}</body></html>")


def _pdf(name: str, content: bytes) -> tuple[str, str]:
    try:
        reader = pypdf.PdfReader(BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("It is protected by a password.")
        if len(reader.pages) > MOST_PAGES:
            raise Unreadable(f"It has more than {MOST_PAGES} pages.")
        said = "\n\n".join(page.extract_text() for page in reader.pages)
        title = str(reader.metadata.title or "") if reader.metadata else ""
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable("This PDF cannot be read.") from error
    said = _HYPHEN.sub("", said)
    if not said.strip():
        raise Unreadable("It contains no text. Is it a scan?")
    return title or _named(name), said


# What shops' lists of questions call the two columns, too.
_COLUMNS = {"question": "title", "answer": "body", "text": "body"}


def _rows(name: str, text: str) -> Iterator[Page]:
    """Columns `title` and `body`; `slug` and `language` where there are such."""
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text[:4096], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    rows = csv.DictReader(StringIO(text), dialect=dialect)
    try:
        found = {each.strip().lower(): each for each in rows.fieldnames or ()}
    except csv.Error as error:
        raise Unreadable("Its first line cannot be read as CSV.") from error
    names = {_COLUMNS.get(each, each): column for each, column in found.items()} | found
    if not {"title", "body"} <= names.keys():
        raise Unreadable(
            "Its first line must name the columns title and body, or question and answer."
        )
    try:
        for number, row in enumerate(rows, 2):
            if number > MOST_ROWS:
                raise Unreadable(f"It has more than {MOST_ROWS} rows.")
            title, body, slug, language = (
                (row.get(names.get(column, "")) or "").strip()
                for column in ("title", "body", "slug", "language")
            )
            if title or body:
                source = f"{name}#{slug or title}"
                yield Page(source, title[:LONGEST_TITLE], body, slug, language)
    except csv.Error as error:
        raise Unreadable(f"Line {rows.line_num} cannot be read as CSV.") from error


def _parts(source: str, found: tuple[str, str]) -> list[Page]:
    """One article, or one for each section where it is too long for one. Raises Unreadable."""
    title, body = " ".join(found[0].split())[:LONGEST_TITLE], found[1].strip()
    if not body:
        raise Unreadable("It contains no text.")
    if len(body) <= LONGEST_BODY:
        return [Page(source, title, body)]
    headings = list(_HEADING.finditer(body))
    too_long = f"It is longer than {LONGEST_BODY:,} characters, without sections."
    if not headings:
        raise Unreadable(too_long)
    ends = [each.start() for each in headings[1:]] + [len(body)]
    parts = [(title, body[: headings[0].start()])]
    parts += [
        (heading[1], body[heading.end() : end]) for heading, end in zip(headings, ends, strict=True)
    ]
    if any(len(said) > LONGEST_BODY for _, said in parts):
        raise Unreadable(too_long)
    return [
        Page(f"{source}#{number}", said_title[:LONGEST_TITLE], said.strip())
        for number, (said_title, said) in enumerate(parts, 1)
        if said.strip()
    ]


def _without_title(title: str, said: str) -> tuple[str, str]:
    """The first heading is the title already."""
    first = _HEADING.match(said.lstrip())
    return title, said.lstrip()[first.end() :] if first and first[1].strip() == title else said


def _named(name: str) -> str:
    stem = re.sub(r"\.\w{1,5}$", "", name.rpartition("/")[2])
    return re.sub(r"[-_]+", " ", stem).strip().capitalize() or "Untitled"
