"""The owner's shop: set in the admin, seen by customers."""

from io import BytesIO

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from chatsite.shop import current_shop, logos
from chatsite.shop.models import FirstQuestion, Shop
from chatsite.staff import roles
from tests.chat.test_admin import member, signed_in, text
from tests.guards import guards

pytestmark = pytest.mark.django_db
PAGE = "/admin/shop/shop/1/change/"
QUESTIONS = {
    "questions-TOTAL_FORMS": "1",
    "questions-INITIAL_FORMS": "0",
    "questions-0-text": "Do you bake on Sundays?",
    "questions-0-label": "",
    "questions-0-position": "1",
}
BAKERY = {
    "name": "Rosa's Bakery",
    "accent": "#8a2f62",
    "greeting": "Fresh bread?",
    "introduction": "Ask about bread.",
    "email": "rosa@bakery.example",
    "phone": "+31 (0)10 555",
    "address": "",
    "files": "all",
}


def png(size: tuple[int, int] = (400, 200), form: str = "PNG", **more: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "red").save(out, form, **more)
    return out.getvalue()


@pytest.fixture
def owner() -> Client:
    return signed_in(member("olga", roles.OPERATORS))


def saved(owner: Client, **more: object):
    response = owner.post("/admin/shop/shop/add/", BAKERY | QUESTIONS | more)
    current_shop.forget()
    return response


def test_what_the_owner_sets_is_what_customers_see(owner, client):
    logo = SimpleUploadedFile("logo.png", png())

    assert saved(owner, picture=logo).status_code == 302

    page = client.get("/", headers={"host": "localhost"})
    seen = text(page)
    for words in ("Rosa's Bakery", "Fresh bread?", "Ask about bread.", "Do you bake on Sundays?"):
        assert words in seen
    html = page.content.decode()
    assert 'href="/theme/8a2f62.css"' in html
    assert 'href="tel:+31010555"' in html
    shop = Shop.objects.get()
    shown = client.get(shop.logo_url, headers={"host": "localhost"})
    assert (shown["Content-Type"], "immutable" in shown["Cache-Control"]) == ("image/png", True)
    assert Image.open(BytesIO(shown.content)).size == (192, 96)
    assert "Rosa's Bakery" in text(owner.get("/admin/"))


@guards("chatsite/shop/models.py", "not colours.is_readable(self.accent)", "False")
def test_a_colour_that_cannot_be_read_is_refused_with_one_that_can(owner):
    response = saved(owner, accent="#FFE000")

    assert "Too pale to read" in text(response)
    assert not Shop.objects.exists()


@guards("chatsite/shop/logos.py", "    clean.paste(drawn)\n", "    clean = drawn\n")
def test_a_logo_is_its_pixels_alone():
    info = PngInfo()
    info.add_text("Comment", "taken at 52.1, 4.3")
    given = png(pnginfo=info)

    kept = logos.read(BytesIO(given), len(given))

    assert b"52.1" in given
    assert b"52.1" not in kept
    assert Image.open(BytesIO(kept)).info == {}


@pytest.mark.parametrize(
    "given",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", png()[:60], b"%PDF-1.4"],
)
def test_what_is_no_image_is_no_logo(owner, given):
    response = saved(owner, picture=SimpleUploadedFile("logo.png", given))

    assert response.status_code == 200
    assert not Shop.objects.exists()


def test_the_preview_shows_what_is_typed_and_stores_nothing(owner):
    given = BAKERY | QUESTIONS | {"picture": SimpleUploadedFile("logo.png", png())}

    response = owner.post("/admin/shop/shop/preview/", given)

    assert "Do you bake on Sundays?" in text(response)
    assert "data:image/png;base64," in response.content.decode()
    policy = response["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert (Shop.objects.count(), FirstQuestion.objects.count()) == (0, 0)


def test_staff_do_not_change_the_shop():
    staff = signed_in(member("nora", roles.STAFF))

    assert staff.get("/admin/shop/shop/add/").status_code == 403
    assert staff.post("/admin/shop/shop/preview/", BAKERY).status_code == 403
    assert staff.get("/admin/first-steps/").status_code == 403


def test_there_is_one_shop(owner):
    saved(owner)

    assert owner.get("/admin/shop/shop/", follow=True).redirect_chain == [(PAGE, 302)]
    assert owner.get("/admin/shop/shop/add/").status_code == 403
    assert User.objects.count() == 1
