"""Articles from other files and pages: what becomes of each kind, and what never happens."""

import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter

from chatsite.knowledge.importing import fetching, import_run, readers
from chatsite.knowledge.importing.readers import Unreadable
from chatsite.knowledge.models import Article, Import, ImportFile
from chatsite.runtime.outbound import outbound_addresses
from chatsite.staff import roles
from tests.chat.test_admin import member, signed_in, text
from tests.guards import guards

PAGE = "/admin/knowledge/article/import/"
HTML = """<!doctype html><html><head><title>Shop | Returns</title><script>alert(1)</script></head>
<body><nav>Home About</nav><main><h1>Returns</h1><p>Send it <b>back</b> within 30 days.</p>
<table><tr><th>Country</th><th>Cost</th></tr><tr><td>France</td><td>5 €</td></tr></table>
<img src="http://127.0.0.1/x"></main><footer>Imprint</footer></body></html>"""


def pdf(words: str) -> bytes:
    """One page, written by hand: pypdf writes no text."""
    stream = f"BT /F1 12 Tf 72 720 Td ({words}) Tj ET".encode()
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + (
        b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (table, len(out))
    )


def docx(*paragraphs: tuple[str, str]) -> bytes:
    """(style, words) each."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{words}</w:t></w:r></w:p>'
        for style, words in paragraphs
    )
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/officeDocument" Target="word/document.xml"/></Relationships>'
    )
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("[Content_Types].xml", types)
        file.writestr("_rels/.rels", rels)
        document = f'<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>'
        file.writestr("word/document.xml", document)
    return out.getvalue()


def test_markdown_keeps_its_words_and_gives_its_title():
    (page,) = readers.read("returns.md", b"# Returns\n\nSend it **back**.\n")

    assert (page.title, page.body) == ("Returns", "Send it **back**.")


def test_html_becomes_markdown_without_menus_scripts_and_pictures():
    (page,) = readers.read("returns.html", HTML.encode())

    assert page.title == "Returns"
    assert "Send it **back** within 30 days." in page.body
    assert "| France | 5 € |" in page.body
    for unwanted in ("alert", "Imprint", "About", "127.0.0.1"):
        assert unwanted not in page.body


def test_a_web_page_is_its_text_alone():
    (page,) = readers.web_page("https://shop.example/returns", HTML.encode())

    assert page.title == "Returns"
    assert "within 30 days" in page.body
    assert "Imprint" not in page.body


def test_each_line_of_a_spreadsheet_is_an_article():
    rows = "title;body;slug\nReturns;Within 30 days;returns\nHours;9 to 5;hours\n"

    found = readers.read("faq.csv", rows.encode("utf-8-sig"))

    assert [(page.title, page.body, page.slug) for page in found] == [
        ("Returns", "Within 30 days", "returns"),
        ("Hours", "9 to 5", "hours"),
    ]


def test_a_list_of_questions_and_answers_is_a_spreadsheet_of_articles():
    (found,) = readers.read("faq.csv", b"Question,Answer\nWhich size?,The larger one.\n")

    assert (found.title, found.body) == ("Which size?", "The larger one.")


def test_pdf_and_word_are_read():
    (from_pdf,) = readers.read("care.pdf", pdf("Rinse the nib with water."))
    (from_word,) = readers.read(
        "care.docx", docx(("Heading1", "Pen care"), ("Normal", "Rinse the nib."))
    )

    assert (from_pdf.title, from_pdf.body) == ("Care", "Rinse the nib with water.")
    assert (from_word.title, from_word.body) == ("Pen care", "Rinse the nib.")


def test_what_is_too_long_for_an_article_becomes_one_for_each_section():
    long = "\n\n".join(f"## Part {number}\n\n{'word ' * 5000}" for number in range(3))

    found = readers.read("book.md", f"# Book\n\n{long}".encode())

    assert [page.title for page in found] == ["Part 0", "Part 1", "Part 2"]
    assert len({page.source for page in found}) == 3


def encrypted() -> bytes:
    writer, out = PdfWriter(), BytesIO()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(out)
    return out.getvalue()


def empty_pdf() -> bytes:
    writer, out = PdfWriter(), BytesIO()
    writer.add_blank_page(100, 100)
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.md", b"  \n", "empty"),
        ("a.md", b"\x00\x01binary", "not supported"),
        ("a.pdf", b"%PDF-1.4 broken", "cannot be read"),
        ("a.pdf", encrypted(), "password"),
        ("a.pdf", empty_pdf(), "scan"),
        ("a.docx", b"PK\x03\x04 broken", "Word"),
        ("a.csv", b"one,two\n1,2\n", "title and body"),
        ("a.md", b"word " * 20_000, "longer"),
    ],
)
def test_what_cannot_be_read_says_why(name, content, why):
    with pytest.raises(Unreadable, match=why):
        readers.read(name, content)


@given(st.binary(max_size=400), st.sampled_from(["a.md", "a.html", "a.csv", "a.pdf", "a.docx"]))
@settings(max_examples=150, deadline=None)
def test_no_file_breaks_the_reader(content, name):
    for start in (b"", b"%PDF-1.4\n", b"PK\x03\x04", b"<html>"):
        try:
            pages = readers.read(name, start + content)
        except Unreadable:
            continue
        assert all(len(page.title) <= 200 for page in pages)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "http://0x7f.1/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://[fd00::1]/",
        "http://[2002:7f00:1::]/",
        "http://user@shop.example/",
        "http://shop.example:22/",
        "ftp://shop.example/",
        "file:///etc/passwd",
        "https://",
        "//shop.example",
        "http://[",
    ],
)
async def test_nothing_of_our_own_network_is_fetched(url):
    with pytest.raises(Unreadable):
        await fetching.page(url)


class Site(BaseHTTPRequestHandler):
    """A shop's old site, on loopback."""

    def do_GET(self) -> None:
        here = f"http://{self.headers['Host']}"
        urls = "".join(f"<url><loc>{here}{page}</loc></url>" for page in ("/returns", "/gone"))
        bodies = {
            "/returns": ("text/html", HTML),
            "/sitemap.xml": ("application/xml", f"<urlset>{urls}</urlset>"),
            "/bomb.xml": (
                "application/xml",
                '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><urlset><url><loc>&e;</loc>'
                "</url></urlset>",
            ),
            "/large": ("text/html", "x" * (fetching.LARGEST + 10)),
            "/picture": ("image/png", "x"),
        }
        if self.path == "/inwards":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/")
            self.end_headers()
            return
        kind, body = bodies.get(self.path, ("text/html", ""))
        self.send_response(200 if self.path in bodies else 404)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Said by nobody."""


@pytest.fixture
def old_site(monkeypatch) -> Iterator[str]:
    """As if 127.0.0.1 were on the internet, and it alone."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        really, name = outbound_addresses.is_public, "is_public"
        monkeypatch.setattr(outbound_addresses, name, lambda ip: ip == "127.0.0.1" or really(ip))
        ports = {"http": {80, server.server_port}, "https": {443}}
        monkeypatch.setattr(fetching, "PORTS", ports)
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@guards(
    "chatsite/knowledge/importing/fetching.py",
    "if outbound_addresses.is_number(host) and",
    "if False and",
)
async def test_a_redirect_into_our_own_network_is_not_followed(old_site):
    with pytest.raises(Unreadable, match="not on the internet"):
        await fetching.page(f"{old_site}/inwards")


@pytest.mark.parametrize(("path", "why"), [("/large", "5 MB"), ("/picture", "not a web page")])
async def test_what_is_no_page_or_too_large_is_refused(old_site, path, why):
    with pytest.raises(Unreadable, match=why):
        await fetching.page(f"{old_site}{path}")


async def test_a_sitemap_reads_no_file(old_site):
    assert "root" not in "".join(await fetching.addresses(f"{old_site}/bomb.xml"))


@pytest.mark.django_db(transaction=True)
def test_a_sitemap_is_imported_with_a_report(old_site):
    into = Import.objects.create(kind="site", addresses=f"{old_site}/sitemap.xml", publish=True)

    import_run.carry_out(into.pk)

    into.refresh_from_db()
    assert (into.state, into.total, into.done, into.added) == ("done", 2, 2, 1)
    assert into.skipped == [[f"{old_site}/gone", "The site answers 404."]]
    assert Article.objects.get().title == "Returns"


def imported(**files: str) -> Import:
    into = Import.objects.create(kind="files")
    for name, content in files.items():
        ImportFile.objects.create(of=into, name=f"{name}.md", content=content.encode())
    import_run.carry_out(into.pk)
    into.refresh_from_db()
    return into


@pytest.mark.django_db
def test_importing_again_changes_only_what_has_changed():
    imported(one="# One\n\nFirst.", two="# Two\n\nSecond.", three="# Three\n\nThird.")
    edited = Article.objects.get(slug="three")
    edited.body = "Ours."
    edited.save()

    again = imported(one="# One\n\nFirst.", two="# Two\n\nNew.", three="# Three\n\nTheirs.")

    assert (again.added, again.changed, again.unchanged, again.left_out) == (0, 1, 1, 1)
    assert "edited here" in again.skipped[0][1]
    versions = dict(Article.objects.values_list("slug", "version"))
    assert versions == {"one": 1, "two": 2, "three": 2}
    assert Article.objects.get(slug="three").body == "Ours."
    assert not ImportFile.objects.exists()


@pytest.mark.django_db
@guards(
    "chatsite/knowledge/importing/import_run.py",
    "if not mine.update(state=Import.State.RUNNING, heard_at=clock.now()):",
    "if mine.update(state=Import.State.RUNNING, heard_at=clock.now()) is None:",
)
def test_an_import_is_carried_out_once():
    into = imported(one="# One\n\nFirst.")

    import_run.carry_out(into.pk)

    into.refresh_from_db()
    assert (into.added, Import.objects.waiting().exists()) == (1, False)


@pytest.mark.django_db(transaction=True)
def test_an_operator_imports_files_and_publishes_them(first_policy):
    owner = signed_in(member("olga", roles.OPERATORS))
    files = [
        SimpleUploadedFile("returns.html", HTML.encode()),
        SimpleUploadedFile("broken.pdf", b"%PDF-1.4 broken"),
    ]

    page = owner.post(PAGE, {"documents": files}, follow=True)
    assert "Waiting for a worker" in text(page)
    call_command("import_articles")

    report = text(owner.get(page.redirect_chain[-1][0]))
    assert "2 of 2 read" in report
    assert "broken.pdf This PDF cannot be read." in report
    article = Article.objects.get()
    assert not article.published
    chosen = {"action": "publish", "_selected_action": [article.pk]}
    owner.post("/admin/knowledge/article/", chosen)
    article.refresh_from_db()
    assert (article.published, article.version) == (True, 2)


@pytest.mark.django_db
def test_an_import_needs_files_or_addresses_and_the_right_to_write():
    owner = signed_in(member("olga", roles.OPERATORS))

    assert "Choose files or enter web addresses." in text(owner.post(PAGE, {}))
    both = {"documents": SimpleUploadedFile("a.md", b"# A"), "addresses": "https://shop.example"}
    assert "not both at once" in text(owner.post(PAGE, both))
    staff = signed_in(member("nora", roles.STAFF))
    assert staff.get(PAGE).status_code == 403
    assert staff.post(PAGE, {"addresses": "https://shop.example"}).status_code == 403
