"""Images and PDF files: taken by their content, seen by who may, and gone with the conversation."""

import io
import json
import uuid
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from PIL import Image

from chatsite.chat import errors
from chatsite.chat.actions import ask, delete_conversation, end_conversation, staff_reply
from chatsite.chat.attachments import uploads
from chatsite.chat.models import Attachment, Conversation, Message
from chatsite.chat.models.attachment import storage
from chatsite.chat.web import visitors
from chatsite.operations import backups, tasks
from chatsite.shop import current_shop
from chatsite.shop.models import Shop
from chatsite.staff import roles
from tests import files
from tests.chat.test_admin import member, signed_in
from tests.guards import guards
from tests.page import Page

pytestmark = pytest.mark.usefixtures("hints", "first_policy")
HERS = "a" * 64


@pytest.fixture
def browser() -> Client:
    return Client(headers={"host": "localhost"})


@pytest.fixture
def page(browser: Client) -> Page:
    return Page(browser.get("/new/").content.decode())


def upload(browser: Client, content: bytes, name: str = "photo.jpg", key: uuid.UUID | None = None):
    fields = {"id": str(key or uuid.uuid4()), "file": files.uploaded(content, name)}
    return browser.post("/files/", fields)


def send(browser: Client, page: Page, *ids: str, text: str = "Is this mould?"):
    fields = {"text": text, "client_id": str(uuid.uuid4()), "files": list(ids)}
    return browser.post(f"/c/{page.conversation}/ask/", fields)


@guards("chatsite/chat/web/files.py", "Q(message=None, visitor=visitor)", "Q(message=None)")
@guards("chatsite/chat/web/files.py", "message__conversation__visitor=visitor, ", "")
def test_a_picture_is_seen_by_its_customer_and_by_staff_alone(browser, page):
    taken = upload(
        browser, files.picture(800, 600, turned=True), "../my \u202egpj.photo.JPG"
    ).json()
    stranger = Client(headers={"host": "localhost"})
    stranger.get("/new/")
    before = (browser.get(taken["url"]).status_code, stranger.get(taken["url"]).status_code)

    send(browser, page, taken["id"], text="")

    shown = browser.get(f"/c/{page.conversation}/").content.decode()
    assert (
        f'data-src="{taken["url"]}" width="600" height="800" alt="Image: my gpj.photo.jpg"' in shown
    )
    assert before == (200, 404)
    given = browser.get(taken["url"])
    with Image.open(io.BytesIO(given.content)) as image:
        assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (600, 800), {})
    assert files.CAMERA.encode() not in given.content
    assert given["X-Content-Type-Options"] == "nosniff"
    assert given["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert given["Cache-Control"] == "private, no-cache"
    again = browser.get(taken["url"], headers={"if-none-match": given["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    of_staff = f"/inbox/files/{taken['id']}/"
    nobody = [each.get(url).status_code for each in (stranger,) for url in (taken["url"], of_staff)]
    assert nobody == [404, 302]
    staff = signed_in(member("nora", roles.STAFF))
    assert staff.get(of_staff).content == given.content
    held = Conversation.objects.get()
    assert of_staff in staff.get(f"/inbox/{held.pk}/").content.decode()
    assert of_staff in staff.get(f"/admin/chat/conversation/{held.pk}/change/").content.decode()
    end_conversation.by_customer(held.public_id, held.visitor)
    assert browser.get(taken["url"]).status_code == 404


def test_a_pdf_is_kept_as_it_is_and_only_saved_never_shown(browser, page):
    content = files.document("Order 4711", pages=2)
    taken = upload(browser, content, "invoice.html").json()

    send(browser, page, taken["id"])

    given = browser.get(taken["url"])
    assert given.content == content
    assert given["Content-Disposition"] == 'attachment; filename="invoice.html.pdf"'
    assert given["Content-Type"] == "application/pdf"
    row = Attachment.objects.get()
    assert (row.kind, row.pages, row.text) == ("pdf", 2, "Order 4711")
    page_again = browser.get(f"/c/{page.conversation}/").content.decode()
    assert 'download="invoice.html.pdf"' in page_again


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", errors.WrongKind.words),
        (b"MZ\x90 not a picture", errors.WrongKind.words),
        (b"BM" + bytes(100), errors.WrongKind.words),
        (files.picture()[:200], errors.Damaged.words),
        (files.bomb(60_000, 60_000), errors.TooManyPixels.words),
        (files.bomb(2000, 1000), errors.TooManyPixels.words),
        (b"%PDF-1.7 and nothing else", errors.Damaged.words),
        (files.document(password="x"), errors.Locked.words),
        (files.document(pages=4), errors.TooManyPages(3).words),
        (files.picture() + bytes(1024 * 1024), errors.TooLarge(1).words),
    ],
    ids=str,
)
def test_what_is_not_taken_says_why(browser, page, settings, content, words):
    settings.ATTACHMENT_MEGABYTES, settings.ATTACHMENT_PAGES = 1, 3
    settings.ATTACHMENT_MEGAPIXELS = 1

    refused = upload(browser, content)

    assert (refused.status_code, refused.json()["words"]) == (422, str(words))
    assert not Attachment.objects.exists()


@guards("chatsite/chat/attachments/uploads.py", ">= settings.ATTACHMENTS_PER_VISITOR", ">= 10**9")
@guards("chatsite/chat/attachments/uploads.py", "> settings.ATTACHMENTS_GIGABYTES", "> 10**9")
@guards("chatsite/chat/attachments/uploads.py", "if len(ids) > settings", "if 0 > settings")
def test_nobody_fills_the_disk(browser, page, settings):
    settings.ATTACHMENTS_PER_VISITOR, settings.ATTACHMENTS_PER_MESSAGE = 3, 2
    sent = [upload(browser, files.picture(20, 20)).json()["id"] for _ in range(3)]

    assert upload(browser, files.picture(20, 20)).status_code == 422
    send(browser, page, *sent)
    assert not Message.objects.exists()
    send(browser, page, *sent[:2])
    assert len(Message.objects.get(role="customer").files) == 2
    settings.ATTACHMENTS_PER_VISITOR, settings.ATTACHMENT_MEGABYTES = 10, 2000
    settings.ATTACHMENTS_GIGABYTES = 1
    full = upload(browser, files.picture(20, 20))
    assert full.json()["words"] == str(errors.NoFilesNow.words)
    settings.ATTACHMENT_MEGABYTES = 1
    Shop.objects.create(files=Shop.Files.NONE)
    current_shop.forget()
    assert upload(browser, files.picture(20, 20)).json()["words"] == str(errors.NoFilesNow.words)
    assert "data-tray" not in browser.get(f"/c/{page.conversation}/").content.decode()


@guards("chatsite/chat/attachments/uploads.py", "unsent.filter(visitor=visitor)", "unsent")
def test_a_file_goes_once_into_one_message_of_whoever_uploaded_it(browser, page):
    key = uuid.uuid4()
    first, second = (upload(browser, files.picture(), key=key).json() for _ in range(2))
    assert (first, Attachment.objects.count()) == (second, 1)
    stranger = Client(headers={"host": "localhost"})
    theirs = Page(stranger.get("/new/").content.decode())

    assert upload(stranger, files.picture(), key=key).status_code == 422
    assert send(stranger, theirs, first["id"]).status_code == 422
    stranger.post(f"/files/{key}/discard/")
    send(browser, page, first["id"])
    assert send(browser, page, first["id"]).status_code == 422

    assert Message.objects.filter(role="customer").count() == 1
    other = upload(browser, files.picture()).json()
    browser.post(f"/files/{other['id']}/discard/")
    assert browser.get(other["url"]).status_code == 404
    assert len(storage().listdir(f"{key.hex[:2]}")[1]) >= 1


def test_without_scripts_a_form_sends_all_at_once(browser, page):
    fields = {"text": "Here.", "client_id": str(uuid.uuid4())}
    for _ in range(2):
        both = [files.uploaded(files.picture()), files.uploaded(files.document(), "a.pdf")]
        browser.post(f"/c/{page.conversation}/ask/", {**fields, "file": both})

    said = Message.objects.get(role="customer")
    assert [each["kind"] for each in said.files] == ["image", "pdf"]
    assert Attachment.objects.count() == 2


def taken(visitor: str, content: bytes = b"", name: str = "photo.jpg") -> Attachment:
    return uploads.take(uuid.uuid4(), files.uploaded(content or files.picture(), name), visitor)


@guards(
    "chatsite/chat/models/attachment.py",
    "        except OSError as error:\n",
    "        except KeyError as error:\n",
)
def test_a_file_that_is_lost_keeps_nobody_from_the_rest():
    name, hers = uuid.uuid4(), taken(HERS)
    ask.question(name, HERS, "Look.", uuid.uuid4(), files=[hers.public_id])
    storage().delete(hers.file)
    out = io.StringIO()

    call_command("export_conversation", str(name), stdout=out)

    (message, *_) = json.loads(out.getvalue())[0]["messages"]
    assert message["text"] == "Look."
    assert [each["content"] for each in message["attachments"]] == [None]


@guards("chatsite/chat/actions/delete_conversation.py", "uploads.go_with(", "print(")
def test_files_are_exported_backed_up_and_erased_with_their_conversation(tmp_path):
    name, hers, unsent = uuid.uuid4(), taken(HERS), taken(HERS)
    ask.question(name, HERS, "Look.", uuid.uuid4(), files=[hers.public_id])
    content = hers.read()
    out = io.StringIO()

    call_command("export_conversation", str(name), stdout=out)
    call_command("backup", str(tmp_path / "copy"), stdout=io.StringIO())

    (file,) = json.loads(out.getvalue())[0]["messages"][0]["attachments"]
    assert (file["name"], file["type"]) == ("photo.jpg", "image/jpeg")
    held = Conversation.objects.get()
    delete_conversation.conversations([held.pk])
    assert not Attachment.objects.exists()
    assert not storage().exists(hers.file)
    assert not storage().exists(unsent.file)
    backups.restore_files(tmp_path / "copy")
    assert hers.read() == content


def test_what_nobody_sent_is_swept_after_a_day():
    old, new = taken(HERS), taken(HERS)
    orphan = storage().save("ff/" + "f" * 32, files.uploaded(b"left behind"))
    Attachment.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=2))

    tasks.keep_no_longer.apply()
    assert [storage().exists(each) for each in (old.file, new.file, orphan)] == [False, True, True]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uploads, "UNSENT_FOR", timedelta(seconds=-60))
        tasks.keep_no_longer.apply()
    assert not storage().exists(orphan)


def test_staff_send_files_too(browser, page):
    send(browser, page, text="Where is the manual?")
    held, nora = Conversation.objects.get(), member("nora", roles.STAFF)
    staff = signed_in(nora)
    fields = {"text": "", "client_id": str(uuid.uuid4())}
    manual = files.uploaded(files.document("Manual"), "manual.pdf")

    staff.post(f"/inbox/{held.pk}/reply/", {**fields, "file": manual})

    said = Message.objects.get(role="staff")
    assert (said.text, said.files[0]["name"]) == ("", "manual.pdf")
    url = f"/files/{said.files[0]['id']}/"
    assert url in browser.get(f"/c/{page.conversation}/").content.decode()
    assert browser.get(url).status_code == 200
    svg = files.uploaded(b"<svg/>", "logo.svg")
    refused = staff.post(
        f"/inbox/{held.pk}/reply/",
        {"text": "Typed.", "client_id": str(uuid.uuid4()), "file": svg},
    )
    assert str(errors.WrongKind.words) in refused.content.decode()
    assert "Typed." in refused.content.decode()
    with pytest.raises(errors.FileGone):
        staff_reply.send(held.pk, nora, "x", None, [uuid.uuid4()])


def test_in_a_frame_a_token_opens_the_file_and_no_cookie_is_needed(browser):
    token = visitors.token(HERS, timezone.now().timestamp() + 60)
    row = taken(HERS)
    bare = Client(headers={"host": "localhost"})

    assert bare.get(f"/files/{row.public_id}/").status_code == 404
    given = bare.get(f"/files/{row.public_id}/", headers={"x-chat-token": token})
    assert given.status_code == 200
