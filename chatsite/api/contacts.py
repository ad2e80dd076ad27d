"""Contacts for programs: the customers who signed in on a site with the widget."""

from typing import Annotated

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router

from chatsite.api import schemas
from chatsite.api.access import Bearer
from chatsite.api.errors import ERRORS, NotFound
from chatsite.widget.models import Customer

SEE = Bearer("widget.view_customer")

router = Router(tags=["contacts"])


@router.get("", response={200: schemas.Contacts, **ERRORS}, auth=SEE)
def list_contacts(
    request: HttpRequest,
    reference: Annotated[str, Query(**schemas.NAME, description="Exact match.")] = "",
    email: Annotated[
        str, Query(**schemas.NAME, description="Upper and lower case are the same.")
    ] = "",
    after: Annotated[
        schemas.Id | None, Query(description="The `next` value of the previous page.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> schemas.Contacts:
    """By id, those who came first. Follow `next` until it is null."""
    wanted = Q(pk__gt=after or 0)
    if reference:
        wanted &= Q(reference=reference)
    if email:
        wanted &= Q(email__iexact=email)
    found = Customer.objects.filter(wanted).select_related("widget").order_by("pk")
    page = list(found[: limit + 1])
    return schemas.Contacts(
        contacts=[schemas.Contact.of(row) for row in page[:limit]],
        next=page[limit - 1].pk if len(page) > limit else None,
    )


@router.get("/{int:contact_id}", response={200: schemas.Contact, **ERRORS}, auth=SEE)
def read_contact(request: HttpRequest, contact_id: schemas.Id) -> schemas.Contact:
    """Who the customer is to the site where they signed in."""
    row = Customer.objects.select_related("widget").filter(pk=contact_id).first()
    if row is None:
        raise NotFound("contact")
    return schemas.Contact.of(row)
