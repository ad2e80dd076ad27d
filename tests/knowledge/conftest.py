"""Articles to search."""

import pytest

from chatsite.knowledge.models import Article


@pytest.fixture
def shelf(db) -> dict[str, Article]:
    """A few articles on different subjects, by slug."""
    texts = {
        "opening-hours": ("Opening hours", "We are open from Monday to Friday, 9:00 to 17:00."),
        "returns": (
            "Returning an item",
            "Send it back within 30 days. Returned items are refunded.",
        ),
        "gift-cards": ("Gift cards", "A gift card is valid for 3 years and can be used twice."),
        "customs": ("Customs", "Customs may charge import duties. Cards and gifts are not exempt."),
    }
    return {
        slug: Article.objects.create(slug=slug, title=title, body=body)
        for slug, (title, body) in texts.items()
    }
