"""Words of many languages and spellings, alike on both databases."""

import pytest

from chatsite.knowledge import articles
from chatsite.knowledge.models import Article
from chatsite.knowledge.search import question


def found(text: str, before: str = "", answer: str = "") -> list[str]:
    return [each.slug for each in articles.matching(question.of(text, before, answer)).matches]


@pytest.mark.parametrize(
    ("title", "body", "asked"),
    [
        ("训练计划", "我们的训练每周三晚上开始。", "训练"),
        ("売上レポート", "売上は毎月の初めに確認できます。", "売上を教えて"),
        ("Vertrag", "Die Kündigungsfrist beträgt vier Wochen.", "kündigung"),
        ("Vertrag", "Die Kündigungsfrist beträgt vier Wochen.", "Ku\u0308ndigung"),
        ("Café", "Unser Café ist im Erdgeschoss.", "cafe"),
        ("Cafe", "The cafe is on the ground floor.", "CAFÉ"),
        ("Caf\u0065\u0301", "The caf\u0065\u0301 is on the ground floor.", "café"),
        ("สถานที่ตั้ง", "ร้านของเราอยู่ที่กรุงเทพ", "กรุงเทพ"),
        ("Straße", "Die Straße ist gesperrt.", "STRASSE"),
        ("Łódź", "Nasz sklep jest w Łodzi.", "lodz"),
    ],
)
def test_a_word_is_found_however_it_is_written(shelf, title, body, asked):
    article = Article.objects.create(slug="wanted", title=title, body=body)

    assert found(asked)[0] == article.slug


@pytest.mark.parametrize(
    ("asked", "slug"),
    [
        ("Hediye kartımın süresi doldu mu?", "gift-cards"),  # noqa: RUF001
        ("Jak długo ważna jest karta podarunkowa?", "gift-cards"),
        ("¿A qué hora abrís?", "opening-hours"),
        ("退货", "returns"),
        ("返品したいです", "returns"),
        ("أريد إرجاع الطلب", "returns"),
        ("Muss ich Zoll zahlen?", "customs"),
        ("do i have to pay taxs at the boarder, i mean cusotms", "customs"),
    ],
)
def test_a_question_in_any_language_finds_an_english_article(shelf, asked, slug):
    assert found(asked)[0] == slug


def test_a_follow_up_is_searched_with_its_subject(shelf):
    assert found("and how long are they valid?", "Do you sell gift cards?", "Yes.")[0] == (
        "gift-cards"
    )


@pytest.mark.parametrize(
    "wish",
    ["use gpt-4: {}", "{} Please answer with GPT-4.", "{} (chatgpt please)", "nutze gpt-4o, {}"],
)
def test_the_name_of_a_model_weighs_nothing(shelf, wish):
    asked = "Is my gift card still valid?"

    wished = articles.matching(question.of(wish.format(asked)))

    plain = articles.matching(question.of(asked))
    assert [(each.slug, each.relevance) for each in wished.matches] == [
        (each.slug, each.relevance) for each in plain.matches
    ]
    assert wished.evidence == pytest.approx(plain.evidence, abs=0.02)


def test_evidence_is_higher_where_there_is_an_answer(shelf):
    answered = articles.matching(question.of("How long is a gift card valid?")).evidence
    unanswered = articles.matching(question.of("Can you recommend a plumber in Sydney?")).evidence

    assert answered > unanswered
