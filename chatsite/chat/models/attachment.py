"""Images and PDF files that customers and staff send along with a message."""

import logging
import uuid
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q

from chatsite.chat.models.message import Message

logger = logging.getLogger(__name__)


def storage() -> Storage:
    return storages["attachments"]


class Attachment(models.Model):
    """Its file was told by its content; an image was made anew from its pixels."""

    class Kind(models.TextChoices):
        IMAGE = "image"
        PDF = "pdf"

    # Made by the browser before it sends, as a message's client id.
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Null until the message is sent.
    message = models.ForeignKey(
        Message, null=True, on_delete=models.CASCADE, related_name="attachments"
    )
    visitor = models.CharField(
        max_length=64, blank=True, help_text="The customer who sent it; blank: staff did."
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    kind = models.CharField(max_length=5, choices=Kind)
    content_type = models.CharField(max_length=30)
    name = models.CharField(max_length=100)
    size = models.PositiveIntegerField(help_text="Bytes, as stored.")
    # Of images, in pixels.
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    # Of a PDF.
    pages = models.PositiveIntegerField(null=True)
    text = models.TextField(blank=True, help_text="For a PDF file: the beginning of its text.")
    file = models.CharField(max_length=100, help_text="Its name in the storage.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="image", width__isnull=False, height__isnull=False, text="")
                | Q(kind="pdf", pages__isnull=False),
                name="chat_attachments_are_images_or_pdf",
            ),
        ]
        indexes = [
            models.Index(fields=["visitor", "created_at"], name="chat_attachments_of_visitor"),
            models.Index(
                fields=["created_at"],
                condition=Q(message__isnull=True),
                name="chat_unsent_attachments",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def store(self, content: bytes) -> None:
        """Under a name that says nothing of the customer's; the caller saves the row."""
        key = self.public_id.hex
        self.size = len(content)
        self.file = storage().save(f"{key[:2]}/{key}", ContentFile(content))

    def read(self) -> bytes:
        """Raises OSError."""
        with storage().open(self.file) as file:
            content: bytes = file.read()
        return content

    def content(self) -> bytes | None:
        """None where the file has been lost, which the log says."""
        try:
            return self.read()
        except OSError as error:
            logger.warning("attachment:%s cannot be read: %s", self.pk, error)
            return None

    @property
    def facts(self) -> dict[str, Any]:
        """What its message says of it, for pages and prompts."""
        return {
            "id": str(self.public_id),
            "kind": self.kind,
            "name": self.name,
            "size": self.size,
            "width": self.width,
            "height": self.height,
            "pages": self.pages,
        }
