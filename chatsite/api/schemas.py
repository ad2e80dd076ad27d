"""What programs send and are sent: the fields of each kind of thing, as OpenAPI describes them."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from ninja import Field, Schema

from chatsite.chat import models
from chatsite.knowledge.models import LANGUAGES
from chatsite.knowledge.models import Article as ArticleRow
from chatsite.widget.models import Customer

# Of a row, as databases have them.
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Text = Annotated[str, Field(min_length=1, max_length=settings.MESSAGE_LENGTH)]
# The name of the program's own for a customer, and of an account.
NAME: dict[str, Any] = {"max_length": 200, "pattern": r"^[^\x00-\x1f\x7f]*$"}
Name = Annotated[str, Field(**NAME)]

Audience = ArticleRow.Audience


class Source(Schema):
    """An article that an answer used."""

    title: str
    url: str


class File(Schema):
    """An image or a PDF file of a message; `url` needs the token. Sizes in pixels; null for PDF."""

    id: uuid.UUID
    kind: models.Attachment.Kind
    name: str
    size: int = Field(description="Bytes.")
    width: int | None
    height: int | None
    pages: int | None
    url: str

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "File":
        """As `Attachment.facts` and messages have it."""
        return cls(**facts, url=f"{settings.SITE_URL}/api/v1/files/{facts['id']}")


class Message(Schema):
    """`state` of an answer: pending, writing, complete, cut, failed or cancelled; else complete."""

    id: int
    client_id: uuid.UUID | None
    role: models.Message.Role
    author: str = Field(description="For staff: the account's name.")
    state: models.Message.State
    text: str
    failure: str = Field(description="Why there is no full answer. Otherwise blank.")
    sources: list[Source]
    files: list[File]
    rating: int | None = Field(description="The customer's rating: 1 good, -1 bad.")
    created_at: datetime

    @classmethod
    def of(cls, row: models.Message) -> "Message":
        """`row` with its author."""
        return cls(
            id=row.pk,
            client_id=row.client_id,
            role=models.Message.Role(row.role),
            author=row.author.get_username() if row.author else "",
            state=models.Message.State(row.state),
            text=row.text,
            failure=row.failure,
            sources=[
                Source(title=each["title"], url=settings.SITE_URL + each["url"])
                for each in row.sources
            ],
            files=[File.of(each) for each in row.files],
            rating=row.rating,
            created_at=row.created_at,
        )


class Conversation(Schema):
    """`revision` grows with each change; `handled_by` is the account that answers, if one does."""

    id: uuid.UUID
    revision: int
    contact: int | None
    handled_by: str
    wants_person_since: datetime | None
    resolved_at: datetime | None
    snoozed_until: datetime | None
    ended_at: datetime | None
    satisfaction: int | None = Field(description="1 is good, -1 bad; null unless rated.")
    satisfaction_note: str
    satisfaction_at: datetime | None
    created_at: datetime
    active_at: datetime
    tags: list[str]

    @classmethod
    def of(cls, row: models.Conversation, contact: int | None = None) -> "Conversation":
        return cls(
            id=row.public_id,
            revision=row.revision,
            contact=contact,
            handled_by=row.handled_by.get_username() if row.handled_by else "",
            wants_person_since=row.wants_person_since,
            resolved_at=row.resolved_at,
            snoozed_until=row.snoozed_until,
            ended_at=row.ended_at,
            satisfaction=row.satisfaction,
            satisfaction_note=row.satisfaction_note,
            satisfaction_at=row.satisfaction_at,
            created_at=row.created_at,
            active_at=row.active_at,
            tags=sorted(tag.name for tag in row.tags.all()),
        )


class Conversations(Schema):
    """A page, the newest first. `next`: the cursor of the next page; blank on the last one."""

    conversations: list[Conversation]
    next: str


class ConversationWithMessages(Conversation):
    """The newest messages, in order. `earlier`: as `before`, it leads to those before them."""

    messages: list[Message]
    earlier: int | None


class Named(Schema):
    """Who the customer is, said in one way at most."""

    contact: Id | None = Field(None, description="A contact of the site.")
    customer: Name = Field("", description="Your name for the customer. Always send the same.")


class Whose(Named):
    """Who the customer is, said in one way at most."""

    identity: str = Field(
        "",
        max_length=4000,
        pattern=r"^[A-Za-z0-9._=-]*$",
        description="A token that the shop's server has signed with a widget's secret.",
    )


class Start(Whose):
    """A customer's first message. If nothing says who it is, they are not recognised later."""

    client_id: uuid.UUID = Field(description="Your own id. Sending it again changes nothing.")
    text: Text


class Words(Schema):
    client_id: uuid.UUID = Field(description="Your own id. Sending it again changes nothing.")
    text: Text
    files: list[uuid.UUID] = Field(
        [],
        max_length=settings.ATTACHMENTS_PER_MESSAGE,
        description="Ids of uploaded files that have not been sent yet.",
    )


class CustomerWords(Words, Whose):
    """If it says who the customer is, it is refused in anybody else's conversation."""


class Said(Schema):
    """What was said, and the answer that is being written to it, if one is."""

    conversation: uuid.UUID
    message: Message
    answer: Message | None


class Satisfaction(Schema):
    is_good: bool
    note: str = Field("", max_length=500)


class Assignment(Schema):
    to: Name = Field(description="The name of an account that may answer customers.")


class Contact(Schema):
    """A customer who signed in on a site with the widget; `reference` is that site's."""

    id: int
    reference: str
    name: str
    email: str
    widget: str
    seen_at: datetime

    @classmethod
    def of(cls, row: Customer) -> "Contact":
        return cls(
            id=row.pk,
            reference=row.reference,
            name=row.name,
            email=row.email,
            widget=row.widget.name,
            seen_at=row.seen_at,
        )


class Contacts(Schema):
    """A page, by id. `next`: as `after`, it leads to the next page; null on the last one."""

    contacts: list[Contact]
    next: int | None


class ArticleLine(Schema):
    """`version` counts changes; `url` is where customers read it, once it is published."""

    id: int
    title: str
    slug: str
    language: str
    published: bool
    audience: Audience
    valid_from: datetime | None
    valid_until: datetime | None
    version: int
    url: str
    updated_at: datetime

    @classmethod
    def of(cls, row: ArticleRow) -> "ArticleLine":
        return cls(**_article(row))


class Article(ArticleLine):
    """`body` is Markdown."""

    body: str

    @classmethod
    def of(cls, row: ArticleRow) -> "Article":
        return cls(**_article(row), body=row.body)


class Articles(Schema):
    """A page, by id. `next`: as `after`, it leads to the next page; null on the last one."""

    articles: list[ArticleLine]
    next: int | None


Title = Annotated[str, Field(min_length=1, max_length=200)]
Slug = Annotated[str, Field(pattern=r"^[-a-zA-Z0-9_]+$", max_length=80)]
Body = Annotated[str, Field(min_length=1, max_length=50_000)]
Language = Annotated[str, Field(pattern=f"^({'|'.join(LANGUAGES)}|)$")]


class NewArticle(Schema):
    title: Title
    slug: Slug = Field(description="The last part of its address under /help/. Must be unique.")
    body: Body = Field(description="Markdown.")
    language: Language = Field("", description="Two letters. Blank: detected from the text.")
    published: bool = False
    audience: Audience = Field(Audience.EVERYONE, description="Who may read it.")
    valid_from: datetime | None = Field(None, description="Shown from then on. Null: at once.")
    valid_until: datetime | None = Field(None, description="Shown until then. Null: no end.")


class ArticleChange(Schema):
    """What is left out stays as it is."""

    version: int = Field(description="The version that you have read.")
    title: Title | None = None
    slug: Slug | None = None
    body: Body | None = None
    language: Language | None = None
    published: bool | None = None
    audience: Audience | None = None
    valid_from: datetime | None = Field(None, description="Null removes it.")
    valid_until: datetime | None = Field(None, description="Null removes it.")


def _article(row: ArticleRow) -> dict[str, Any]:
    names = [field for field in ArticleLine.model_fields if field not in {"id", "url"}]
    return {
        "id": row.pk,
        "url": settings.SITE_URL + row.get_absolute_url(),
        **{name: getattr(row, name) for name in names},
    }
