"""What the model is shown of images and PDF files, what that costs, and what it is told instead."""

import base64
import io
import uuid

from channels.db import database_sync_to_async
from PIL import Image

from billing.models import Hold, LedgerEntry
from chatsite.chat.models import Attachment, SavedAnswer
from chatsite.provider import known_models
from chatsite.provider.known_models import Sight
from chatsite.provider.models import ProviderModel
from chatsite.shop import current_shop
from chatsite.shop.models import Shop
from routing.models import Policy, RouteDecision
from tests import files
from tests.guards import guards

WIDE = files.picture(1600, 1200)
GPT_4O = Sight(base=85, square=170)


async def attached(tab, content: bytes, name: str = "photo.jpg") -> str:
    response = await tab.client.post(
        "/files/", {"id": str(uuid.uuid4()), "file": files.uploaded(content, name)}
    )
    return str(response.json()["id"])


async def sends(tab, *ids: str, text: str = "Is this the right nib?"):
    await tab.send({"text": text, "client_id": str(uuid.uuid4()), "files": list(ids)})
    return await tab.answer()


def policy(**models: str) -> None:
    Policy._base_manager.update(**models)


set_policy = database_sync_to_async(policy)


@guards("billing/tokens.py", "        part.tokens if isinstance", "        0 if isinstance")
async def test_a_model_that_sees_gets_the_picture_and_its_cost_is_held(tab, worker, upstream):
    await set_policy(cheap_model="gpt-4o")
    held: list[int] = []

    async def looks(exchange) -> None:
        held.append((await Hold.objects.aget()).amount)
        await otherwise(exchange)

    otherwise = upstream.otherwise
    upstream.does(looks)

    answer = await sends(tab, await attached(tab, WIDE))

    (call,) = upstream.requests
    (url,) = call.images
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as image:
        assert image.size == (1600, 1200)
    assert call.question == "Is this the right nib?"
    assert (answer.files_unseen, answer.offers_person) == (False, False)
    (billed,) = upstream.bill
    entry = await LedgerEntry.objects.aget()
    assert entry.input_tokens == billed.input_tokens > 765 == GPT_4O.tokens(1600, 1200)
    assert entry.amount <= held[0]


async def test_a_model_that_does_not_see_is_told_and_so_is_the_customer(tab, worker, upstream):
    answer = await sends(tab, await attached(tab, WIDE))

    (call,) = upstream.requests
    assert call.images == []
    assert "The image “photo.jpg” is attached. You cannot see it." in call.question
    assert (answer.files_unseen, answer.offers_person) == (True, True)
    page = (await tab.client.get(tab.address)).content.decode()
    assert "The assistant cannot see what you attached." in page
    assert not await SavedAnswer.objects.aexists()
    # As the socket brought it: the picture in the question, nothing in the answer.
    lists = [each.attributes.get("class") for each in tab.page.root.elements()]
    assert lists.count("files") == 1


@guards(
    "chatsite/answering/question/attachments_in_prompt.py",
    "not each.shown or len(found)",
    "len(found)",
)
async def test_what_is_for_people_only_reaches_no_model(tab, worker, upstream):
    await set_policy(cheap_model="gpt-4o")
    await Shop.objects.aupdate_or_create(id=1, defaults={"files": Shop.Files.PEOPLE})
    current_shop.forget()
    both = [await attached(tab, WIDE), await attached(tab, files.document("Secret"), "a.pdf")]

    answer = await sends(tab, *both)

    (call,) = upstream.requests
    assert call.images == []
    assert "Secret" not in str(call.messages)
    assert answer.files_unseen


async def test_a_picture_goes_to_the_tier_that_sees_it(tab, worker, upstream):
    await set_policy(strong_model="gpt-4o")

    answer = await sends(tab, await attached(tab, WIDE))

    assert (answer.tier, upstream.models) == ("strong", ["gpt-4o"])
    decision = await RouteDecision.objects.aget()
    assert decision.detour == "the customer sent an image, which gpt-3.5-turbo cannot read"


@guards("chatsite/llm/masking.py", 'self.hide(part["text"])', 'part["text"]')
async def test_the_text_of_a_pdf_is_read_masked_and_within_bounds(tab, worker, upstream):
    await set_policy(cheap_model="gpt-4o")
    text = "Order 4711 for jane@example.org. " + "All about nibs. " * 2000
    both = [await attached(tab, files.document(text), "order.pdf"), await attached(tab, WIDE)]

    answer = await sends(tab, *both)

    (call,) = upstream.requests
    assert "The PDF file “order.pdf” is attached. It says:" in call.question
    assert "Order 4711 for [EMAIL_1]." in call.question
    assert "(cut)" in call.question
    assert len(call.question) < 12_000
    assert len(call.images) == 1
    assert not answer.files_unseen


async def test_a_picture_that_is_gone_meanwhile_is_left_out(tab, worker, upstream, monkeypatch):
    await set_policy(cheap_model="gpt-4o")
    picture = await attached(tab, WIDE)
    monkeypatch.setattr(Attachment, "read", lambda _: (_ for _ in ()).throw(OSError))

    answer = await sends(tab, picture)

    assert answer.state == "complete"
    assert "[The image is no longer there.]" in upstream.requests[0].question


@guards("chatsite/provider/known_models.py", "Sight(each=said) if said else", "")
def test_the_owner_says_what_an_image_costs_of_another_servers_model(db):
    known_models._said.cache_clear()
    assert known_models.sight("llava") is None
    ProviderModel.objects.create(name="llava", image_tokens=600)
    ProviderModel.objects.create(name="gpt-4o", image_tokens=0)
    known_models._said.cache_clear()
    sight = known_models.sight("llava")
    assert sight is not None
    assert sight.tokens(2048, 2048) == 600
    assert known_models.sight("gpt-4o") is None
    mini = known_models.sight("gpt-4.1-mini")
    assert mini is not None
    assert mini.tokens(2048, 2048) == 2489
    known_models._said.cache_clear()
