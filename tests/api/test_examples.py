"""The examples of docs/api.md work as they are written."""

import re
import shlex
import uuid
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from chatsite.chat.attachments import uploads
from chatsite.chat.models import Attachment
from chatsite.knowledge.models import Article
from chatsite.widget.models import Customer, Widget
from tests.files import picture

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
# Indented lines that begin with curl, and those that continue them after a backslash.
EXAMPLES = re.findall(r"^    (curl (?:.*\\\n)*.*)$", PAGE, re.MULTILINE)


def run(example: str, values: dict[str, str]):
    """As curl would: -X, -H, -d, -F and -o are all that the page uses."""
    line = re.sub(r"\$(\w+)", lambda name: values[name[1]], example.replace("\\\n", " "))
    words = shlex.split(line)[1:]
    method, headers, body, url = "GET", {"host": "localhost"}, None, ""
    form: dict[str, object] = {}
    while words:
        word = words.pop(0)
        match word:
            case "-X":
                method = words.pop(0)
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name.lower()] = value
            case "-d":
                body, method = words.pop(0), "POST" if method == "GET" else method
            case "-F":
                field, _, value = words.pop(0).partition("=")
                is_file = value.startswith("@")
                form[field] = SimpleUploadedFile(value[1:], picture()) if is_file else value
            case "-o":
                words.pop(0)
            case _:
                url = word
    kind = headers.pop("content-type", "application/json")
    client = Client(headers=headers)
    if form:
        return client.post(url.removeprefix("http://localhost"), form)
    return client.generic(method, url.removeprefix("http://localhost"), body or "", kind)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_works(program, told, example):
    article = Article.objects.create(title="Ink", slug="ink", body="Blue.", published=False)
    file = uploads.take(uuid.uuid4(), SimpleUploadedFile("nib.jpg", picture()), told.visitor)
    Attachment.objects.update(message=told.conversation.messages.first())
    widget = Widget.objects.create(name="Shop", origins="https://shop.example")
    contact = Customer.objects.create(visitor=told.visitor, widget=widget, reference="customer-7")
    values = {
        "ARTICLE": str(article.pk),
        "SITE": "http://localhost",
        "TOKEN": program.key,
        "CONVERSATION": str(told.public_id),
        "CONTACT": str(contact.pk),
        "FILE": str(file.public_id),
    }

    response = run(example, values)

    assert response.status_code in {200, 201}, response.content
