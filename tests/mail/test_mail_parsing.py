"""What a customer wrote is told from what the mail quotes, and people from programs."""

import pytest

from chatsite.mail import mail_parsing
from chatsite.mail.sending import MARKER

PLAIN = "From: mia@mail.example\r\nTo: reply@shop.example\r\n"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("It is blue.", "It is blue."),
        ("Blue.\n\nOn Mon, 2 Mar 2026 at 10:30, Nora wrote:\n> Which pen?", "Blue."),
        ("Blue.\n\nOn Monday the second of March Larkspur\n<a@b.example> wrote:\n\n> Eh?", "Blue."),
        ("> Which pen?\nThe blue one.\n> And how?\nIt fell.", "The blue one.\nIt fell."),
        ("Am 02.03.26 um 10:30 schrieb Nora:\n> Welcher?\nDer blaue.", "Der blaue."),
        ("Blauw.\n\nOp ma 2 mrt 2026 schreef Nora <n@shop.example>:\n> Welke?", "Blauw."),
        ("Bleu.\n\nLe lun. 2 mars 2026 à 10:30, Nora a écrit :\n\n> Lequel ?", "Bleu."),
        ("Azul.\n\n-----Mensaje original-----\nDe: Nora\n¿Cuál?", "Azul."),
        ("Blue.\n________________________________\nFrom: Nora <n@shop.example>\nWhich?", "Blue."),
        ("青いのです。\n\n2026年3月2日 Nora のメール:\n> どれ?", "青いのです。"),
        (f"Blue.\n{MARKER}\nPlease reply above this line.\n\nWhich pen?", "Blue."),
        ("Blue.\n--\nMia\nLong Street 1", "Blue."),
        ("I wrote: nothing on it.\nFrom now on I use ink.", "I wrote: nothing on it.\n"
         "From now on I use ink."),
        ("On my pen somebody wrote a name.", "On my pen somebody wrote a name."),
    ],
)  # fmt: skip
def test_quoted_words_are_cut_off_and_no_others(text, own):
    assert mail_parsing.own_words(text, MARKER) == own


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "X-Auto-Response-Suppress: All",
        "Precedence: bulk",
        "List-Id: <pens.example>",
        "Return-Path: <>",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x",
    ],
)
def test_a_program_is_told_from_a_person(header):
    assert not mail_parsing.read(
        f"{PLAIN}Auto-Submitted: no\r\n\r\nHi".encode(), MARKER
    ).is_automatic
    assert mail_parsing.read(f"{PLAIN}{header}\r\n\r\nHi".encode(), MARKER).is_automatic
    assert mail_parsing.read(b"From: MAILER-DAEMON@shop.example\r\n\r\nHi", MARKER).is_automatic


def test_a_page_is_read_without_what_it_quotes():
    page = "<p>It is <b>blue</b>.</p><script>x</script><blockquote>Which pen?</blockquote>"
    mail = f"{PLAIN}Content-Type: text/html; charset=utf-8\r\n\r\n{page}".encode()

    assert mail_parsing.read(mail, MARKER).text == "It is blue."


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe",
        b"Content-Type: text/plain; charset=no-such\r\n\r\nHi",
        b"From: =?x?q?=?=\r\nTo: <<>>@@\r\nDate: never\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%",
        b"Content-Type: message/rfc822\r\n\r\n" * 50,
    ],
)
def test_what_is_hardly_a_mail_stops_nobody(content):
    try:
        mail_parsing.read(content, MARKER)
    except ValueError:
        return
