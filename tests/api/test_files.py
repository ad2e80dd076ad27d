"""Files for programs: sent along, listed with their message, read; limited as in the chat."""

import uuid

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from chatsite.chat.models import Attachment
from chatsite.widget.models import Customer, Widget
from tests import files
from tests.api.conftest import ALL, Program, with_rights
from tests.chat.told import Told
from tests.guards import guards

PHOTO = files.picture(80, 60)


@pytest.fixture(autouse=True)
def _limits_start_anew() -> None:
    cache.clear()


def sends(
    program: Program,
    told: Told,
    to: str = "files",
    content: bytes = PHOTO,
    key: str = "",
    **whose: object,
):
    given = SimpleUploadedFile("nib.jpg", content)
    return Client(headers=program.headers).post(
        f"/api/v1/conversations/{told.public_id}/{to}",
        {"client_id": key or str(uuid.uuid4()), "file": given, **whose},
    )


def says(program: Program, told: Told, to: str, *ids: str):
    content = {"client_id": str(uuid.uuid4()), "text": "Look.", "files": ids}
    return program.posts(f"/conversations/{told.public_id}/{to}", **content)


@guards("chatsite/api/files.py", "message__isnull=False", "public_id__isnull=False")
@pytest.mark.parametrize(
    ("to", "by", "role"),
    [("files", "messages", "customer"), ("staff-files", "staff-messages", "staff")],
)
def test_a_file_goes_with_a_message_and_is_read(program, told, to, by, role):
    response = sends(program, told, to, key=(key := str(uuid.uuid4())))

    assert response.status_code == 201
    assert sends(program, told, to, key=key).status_code == 200
    file = response.json()
    assert (file["kind"], file["name"], file["width"]) == ("image", "nib.jpg", 80)
    path = file["url"].partition("/api/v1")[2]
    assert program.gets(path).status_code == 404  # until it is sent
    message = says(program, told, by, file["id"]).json()["message"]
    assert (message["role"], message["files"]) == (role, [file])
    read = program.gets(path)
    assert read["Content-Type"] == "image/jpeg"
    assert read.content == Attachment.objects.get().read()
    assert says(program, told, by, file["id"]).json()["fields"].keys() == {"files"}


@guards("chatsite/api/errors.py", 'return invalid({"file": str(error.words)})', "pass")
def test_what_the_chat_refuses_is_refused_with_its_words(program, told, settings):
    wrong = sends(program, told, content=b"Words")
    assert (wrong.status_code, list(wrong.json()["fields"])) == (422, ["file"])
    settings.ATTACHMENT_MEGABYTES = 0
    assert "MB" in sends(program, told).json()["fields"]["file"]
    settings.ATTACHMENT_MEGABYTES, settings.ATTACHMENTS_PER_ADDRESS = 5, 1
    assert [sends(program, told).status_code for _ in range(2)] == [201, 429]
    assert Attachment.objects.count() == 1


@guards("chatsite/api/files.py", "raise other_use() from error", "raise")
def test_a_file_is_one_customers(program, told):
    key = str(uuid.uuid4())
    file = sends(program, told, key=key).json()["id"]
    other = Told(visitor="w" * 64).asks("Hello?")

    assert sends(program, other, key=key).json()["code"] == "client_id_used"
    assert says(program, other, "messages", file).status_code == 422
    assert says(program, told, "staff-messages", file).status_code == 422
    assert sends(program, Told(), key=key).status_code == 404


@guards("chatsite/api/files.py", "customers.check(access.token(request), row, whose)", "")
@guards("chatsite/api/files.py", "if visitor is not None:", "if False:")
def test_a_file_of_another_customer_is_not_found(program, told):
    mia = Customer.objects.create(
        widget=Widget.objects.create(name="Shop"), reference="7", visitor=told.visitor
    )
    tom = Customer.objects.create(widget=mia.widget, reference="8", visitor="w" * 64)

    assert sends(program, told, contact=tom.pk).status_code == 404
    assert sends(program, told, customer="Tom").status_code == 404
    assert sends(program, told, identity="no.token.at-all").status_code == 422
    file = sends(program, told, contact=mia.pk).json()["id"]
    says(program, told, "messages", file)

    path = f"/files/{file}"
    assert program.gets(path, contact=tom.pk).status_code == 404
    assert program.gets(path, customer="Tom").status_code == 404
    assert program.gets(path, contact=mia.pk).status_code == 200
    assert program.gets(path).status_code == 200


@pytest.mark.parametrize("missing", ["chat.view_conversation", "chat.add_conversation"])
def test_rights_are_those_of_the_conversation(told, missing):
    program = with_rights(*(each for each in ALL if each != missing))

    sent = sends(program, told)

    assert (sent.status_code == 403) == (missing == "chat.add_conversation")
    read = program.gets(f"/files/{uuid.uuid4()}")
    assert (read.status_code == 403) == (missing == "chat.view_conversation")
