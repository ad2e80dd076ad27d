"""The answer check finds what is wrong with a finished answer, and learns what matters."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from routing.analysis.features import measure
from routing.analysis.trained_model import BadModel, logistic
from routing.checks import relevance, verifier
from routing.checks.language_detection import language
from routing.checks.verifier import Answered, CheckResult, verify
from routing.learning import answer_check_training, checked_answers, model_training
from routing.learning.calibration import miscalibration
from routing.tier_choice import Turn
from tests.guards import guards

QUESTION = "How long do I have to return a pen, and who pays the postage?"
ARTICLE = (
    "Returns\nUnused pens can be returned within 30 days. We pay the postage inside the EU; "
    "elsewhere the customer pays it. A repair takes 90 days. The warranty lasts 2 years. See "
    "https://shop.example/returns or write to returns@shop.example."
)
GOOD = (
    "You can return an unused pen within 30 days. We pay the postage inside the EU; elsewhere "
    "you pay it. See https://shop.example/returns."
)
INSTRUCTIONS = "You answer customers of the shop in a friendly voice and only from these articles."
ROWS = Path(__file__).parent / "answers"
# What the product ships with: an operator's threshold until it is changed.
THRESHOLD = 0.6


def doubt(answer: str, question: str = QUESTION, **more: Any) -> CheckResult:
    return verify(Answered(question, answer, **{"articles": (ARTICLE,), **more}))


def test_a_grounded_answer_is_trusted():
    assert doubt(GOOD).doubt < 0.2


@pytest.mark.parametrize(
    ("answer", "more", "finding"),
    [
        ("", {}, "empty"),
        (GOOD, {"cut": True}, "cut off"),
        (
            "You can return an unused pen within 30 days, and the postage is paid by the",
            {},
            "cut off",
        ),
        (GOOD.replace("shop.example", "shop.test"), {}, "foreign link"),
        (GOOD.replace("https:", ""), {"earlier": ()}, ""),
        (GOOD.replace("https://shop.example", "//evil.example"), {}, "foreign link"),
        (GOOD.replace("https://shop.example/returns", "evil-shop.com"), {}, "foreign link"),
        (GOOD.replace("See https://shop.example/returns", "Write to me@evil.test"), {},
         "foreign contact"),
        (f"{GOOD} Use the code FREE100.", {}, "foreign code"),
        (f"{GOOD} I have refunded you.", {}, "deed claimed"),
        ("Ich habe Ihnen den Betrag soeben erstattet.", {"question": "Wo bleibt mein Geld denn?"},
         "deed claimed"),
        ("I'm connecting you to a colleague now.", {"question": "I want a person"},
         "deed claimed"),
        (f"{GOOD} I promise that it arrives tomorrow.", {}, "promise"),
        (GOOD.replace("30 days", "30 weeks"), {}, "wrong unit"),
        (GOOD.replace("30 days", "45 days or 60 days"), {}, "unsupported figure"),
        ("Vous pouvez retourner le stylo sous 30 jours et les frais sont pour vous.", {},
         "wrong language"),
        (f"{INSTRUCTIONS} {GOOD}", {"instructions": INSTRUCTIONS}, "prompt leaked"),
        ("I could not find that on our pages.", {"evidence": 0.9}, "declined though covered"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_answer_is_found(answer, more, finding):
    found = doubt(answer, **more)

    named = [each.name for each in found.findings if each.points > 0]
    if finding:
        assert finding in named
        assert found.doubt >= THRESHOLD
    else:
        assert found.doubt < THRESHOLD


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("How long can I return a pen?", "You can return a pen within {} days.", ("30", "90")),
        ("Wie lange kann ich zurückgeben?", "Rückgabe ist innerhalb von {} Tagen möglich.",
         ("30", "90")),
        ("多少天内可以退货", "您可以在{}天内退货。", ("30", "90")),
        ("返品は何日以内ですか", "返品は{}日以内に可能です。", ("30", "90")),
        ("How long is the warranty?", "The warranty lasts {} years.", ("2", "5")),
        ("¿Cuánto dura la garantía?", "La garantía dura {} años.", ("2", "5")),
    ],
)  # fmt: skip
def test_a_figure_is_supported_with_its_subject_in_any_language(question, right, wrong):
    assert doubt(right.format(wrong[0]), question).doubt < THRESHOLD
    assert doubt(right.format(wrong[1]), question).doubt >= THRESHOLD


def test_an_answer_to_another_question_is_doubted_more():
    question = "Can I pay by card?"
    articles = (
        "Payment\nYou can pay by card or with PayPal.",
        "Shipping\nStandard shipping is available to all EU countries and takes 3 days.",
    )

    other = doubt(
        "Standard shipping is available to all EU countries.", question, articles=articles
    )
    right = doubt("You can pay by card.", question, articles=articles)

    assert other.doubt > right.doubt + 0.3


def test_without_articles_an_answer_is_not_checked_but_never_links_abroad():
    without = verify(Answered(QUESTION, "Within 99 days.", ()))
    linked = verify(Answered(QUESTION, "Within 99 days, see https://other.test/x.", ()))

    assert (without.doubt, without.checked, without.verifier) == (0.0, False, "not checked")
    assert linked.forbidden


@pytest.mark.parametrize("text", ["Ja.", "OK, 30.", "PayPal", "LF-204518"])
def test_a_text_too_short_to_tell_has_no_language(text):
    assert language(text) == ""


def test_the_shipped_head_tells_right_answers_from_wrong_ones():
    articles = answer_check_training.articles_in(answer_check_training.ARTICLES)
    rows = checked_answers.read(ROWS / "answers.jsonl", articles).rows

    doubts = [verify(row.answered).doubt for row in rows]

    # Cross-validated over shops: 0.93, 0.71 and 0.05.
    report = checked_answers.report(rows, doubts, THRESHOLD)
    assert report["auc"] >= 0.92
    assert report["wrong_found"] >= 0.7
    assert report["false_alarms"] <= 0.07
    for kind in ("false_action", "invented_contact", "prompt_leak", "wrong_language", "unsafe"):
        assert report["groups"]["kind"][kind]["wrong_found"] >= 0.9


@guards(
    "routing/checks/verifier.py", "articles and names.foreign_names", "None and names.foreign_names"
)
def test_answers_that_no_head_was_fitted_to_are_told_too():
    """100 in 15 languages, written before their author had read the checks."""
    articles = answer_check_training.articles_in(answer_check_training.ARTICLES)
    rows = checked_answers.read(ROWS / "unseen.jsonl", articles).rows

    report = checked_answers.report(rows, [verify(row.answered).doubt for row in rows], THRESHOLD)

    assert report["auc"] >= 0.95
    assert report["wrong_found"] >= 0.86
    assert report["false_alarms"] <= 0.06
    kinds = report["groups"]["kind"]
    wrong = [name for name, measures in kinds.items() if measures["wrong"]]
    assert all(kinds[name]["wrong_found"] >= 0.5 for name in wrong)
    for kind in ("link", "code", "promise", "invented_name", "false_action", "wrong_unit"):
        assert kinds[kind]["wrong_found"] == 1


@pytest.mark.parametrize(
    ("question", "answer", "is_doubted"),
    [
        ("Wie wird versendet?", "Wir versenden mit DPD innerhalb von drei Tagen.", True),
        ("Who do I ask?", "Please ask our colleague Anna Petrova.", True),
        ("À qui écrire ?", "Écrivez à Madame Dubois.", True),
        ("¿Puedo pagar con Bizum?", "Sí, aceptamos Bizum.", False),
        ("どうやって払えますか", "楽天ペイでお支払いいただけます。", True),
        ("Can I pay by phone?", "We don't take Samsung Pay.", False),
        ("Wann hilft mir jemand?", "Sobald ein Mitarbeiter Zeit hat, hilft er Ihnen.", False),
        ("When can I call?", "You reach a colleague Monday to Friday.", False),
    ],
)
def test_names_are_those_of_the_articles(question, answer, is_doubted):
    found = measure_answer(question, answer)

    assert bool(found["foreign name"]) is is_doubted


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Сколько стоит доставка в Швейцарию?", "14,95 евро, при заказе от 180 евро бесплатно."),
        ("Jak dlouho trvá doručení?", "Doručenie trvá 3 dni."),
    ],
)
def test_a_short_answer_in_a_related_language_is_not_another_language(question, answer):
    assert not measure_answer(question, answer)["wrong language"]


def test_what_is_done_once_it_is_asked_for_is_no_promise():
    asked = measure_answer("Code lost", "Tell us the order number and we'll cancel the old code.")
    done = measure_answer("Code lost", "Don't you worry about it, we'll cancel the old code.")

    assert (asked["promise"], done["promise"]) == (0.0, 1.0)


def test_times_with_dots_are_those_with_colons():
    question, articles = "Cumartesi kaçta?", ("Hours\nWe are open from 10:00 to 17:00.",)

    right = doubt("10.00 ile 17.00 aras\u0131nda.", question, articles=articles)
    wrong = doubt("10.00 ile 18.00 aras\u0131nda.", question, articles=articles)

    assert not right.features["unsupported figure"]
    assert wrong.features["unsupported figure"]


def measure_answer(question: str, answer: str):
    return verifier.measure(Answered(question, answer, ("Orders\nWe send orders at once.",)))


@pytest.fixture(scope="module")
def labels():
    """Answers whose sums decide whether they were good, a tenth of them mislabelled."""
    draw = random.Random(1)
    made = []
    for _ in range(240):
        a, b, wrong = draw.randint(2, 9), draw.randint(2, 9), draw.random() < 0.5
        total = a * b + (draw.randint(1, 5) if wrong else 0)
        question = f"What do {a} pens at ${b} cost together?"
        answer = f"Each pen costs ${b}, so {a} pens cost {a} x {b} = {total} dollars."
        good = wrong == (draw.random() < 0.1)
        checks = verifier.measure(Answered(question, answer))
        made.append(model_training.Label(measure(Turn(question)), float(good), 1.0, "", checks))
    return made


def test_labels_teach_which_findings_matter(labels):
    model = model_training.checker(labels[:160])
    unseen = labels[160:]

    found = [logistic(model.log_odds(each.checks)) for each in unseen]

    assert model_training.recovered([each.gain for each in unseen], found) >= 0.65
    assert miscalibration([each.gain > 0 for each in unseen], found, bins=4) <= 0.12


def test_no_label_makes_a_cut_or_empty_answer_pass(labels):
    model = model_training.checker([replace(each, cheap=1 - each.cheap) for each in labels])

    for answered in (Answered(QUESTION, ""), Answered(QUESTION, GOOD, cut=True)):
        assert verify(answered, model).doubt > 0.9


def test_a_verifier_survives_being_stored(labels):
    model = model_training.checker(labels)

    again = verifier.read(model.text())

    assert verify(Answered(QUESTION, GOOD), again) == verify(Answered(QUESTION, GOOD), model)
    for damaged in ("", "{}", model.text().replace('"wrong sums"', '"sum"')):
        with pytest.raises(BadModel):
            verifier.read(damaged)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "😀",
        "\x00\ud800",
        "=" * 50_000,
        "1+1=" * 9_000,
        "a." * 50_000,
        "9" * 50_000,
        "(" * 9_999,
    ],
    ids=lambda text: ascii(text[:4]),
)
def test_any_answer_gets_a_verdict(text):
    for model in (None, verifier.first_day()):
        verdict = verify(Answered(text, text, (text,), instructions=text), model)

        assert 0 <= verdict.doubt <= 1


OTHERS = {
    "bg": "Можете да върнете неизползвана писалка в рамките на 30 дни след покупката.",
    "ca": "Podeu tornar un bolígraf que no hàgiu fet servir durant els trenta dies de la compra.",
    "cs": "Nepoužité pero můžete vrátit do třiceti dnů od nákupu, poštovné platíme my.",
    "el": "Μπορείτε να επιστρέψετε ένα αχρησιμοποίητο στυλό εντός 30 ημερών από την αγορά.",  # noqa: RUF001
    "et": "Kasutamata pliiatsi saate tagastada kolmekümne päeva jooksul pärast ostu.",
    "fa": "می‌توانید خودکار استفاده‌نشده را ظرف سی روز پس از خرید پس بدهید.",
    "fi": "Voit palauttaa käyttämättömän kynän kolmenkymmenen päivän kuluessa ostosta.",
    "he": "אפשר להחזיר עט שלא נעשה בו שימוש בתוך שלושים יום מיום הקנייה.",
    "hi": "आप बिना इस्तेमाल किया हुआ पेन खरीद के तीस दिनों के भीतर वापस कर सकते हैं।",
    "hu": "A használatlan tollat a vásárlástól számított harminc napon belül visszaküldheti.",
    "id": "Anda dapat mengembalikan pena yang belum dipakai dalam tiga puluh hari.",
    "ko": "사용하지 않은 펜은 구입 후 삼십 일 이내에 반품할 수 있습니다.",
    "lt": "Nenaudotą rašiklį galite grąžinti per trisdešimt dienų nuo pirkimo.",
    "ro": "Puteți returna un stilou nefolosit în termen de treizeci de zile de la cumpărare.",
    "th": "คุณสามารถคืนปากกาที่ยังไม่ได้ใช้ภายในสามสิบวันหลังจากซื้อ",
    "uk": "Ви можете повернути невикористану ручку протягом тридцяти днів після покупки.",
    "vi": "Bạn có thể trả lại bút chưa sử dụng trong vòng ba mươi ngày kể từ khi mua.",
}


@guards(
    "routing/checks/multilingual_concepts.py", "if language not in _stems():", "if not language:"
)
@pytest.mark.parametrize(("code", "answer"), OTHERS.items(), ids=OTHERS)
def test_an_answer_in_a_language_without_word_lists_is_checked(code, answer):
    assert language(answer) == code
    for question in (answer, QUESTION):
        assert 0 <= verify(Answered(question, answer, (ARTICLE,))).doubt <= 1


def test_the_answer_tells_more_than_the_question(graded_answers):
    drawn = random.Random(1).sample(graded_answers, len(graded_answers))
    gains, found = [], []
    for taught, held_out in ((drawn[::2], drawn[1::2]), (drawn[1::2], drawn[::2])):
        model = model_training.checker(taught)
        gains += [each.gain for each in held_out]
        found += [model.log_odds(each.checks or {}) for each in held_out]

    # Issue 3 asks for 0.74 with four fifths to learn from; 0.793 then.
    assert model_training.recovered(gains, found) >= 0.74


PLANS = (
    "Plans\nSolo has 200 GB for $4 a month. It works on Windows, macOS and Linux. "
    "You can link 3 devices. Cancel at any time under Settings > Plan."
)


@guards(
    "routing/checks/relevance.py", "for part in parts(question, heard)]", "for part in [question]]"
)
@pytest.mark.parametrize(
    ("question", "answer", "is_doubted"),
    [
        ("Does it work on Linux?", "Yes, it works on Linux.", False),
        # Heads for families of errors: in one sum, the sound figure would make up for it.
        ("Does it work on Linux?", "Solo has 200 GB for $4 a month.", True),
        ("How many devices can I link?", "Cancel at any time under Settings > Plan.", True),
        ("How many devices can I link, and how do I cancel?", "You can link 3 devices.", True),
        (
            "How many devices can I link, and how do I cancel?",
            "You can link 3 devices. Cancel at any time under Settings > Plan.",
            False,
        ),
    ],
)
def test_an_answer_has_to_answer_what_was_asked(question, answer, is_doubted):
    assert (verify(Answered(question, answer, (PLANS,))).doubt >= 0.6) == is_doubted


@pytest.mark.parametrize(
    ("question", "language", "parts"),
    [
        ("How many can I link, and how do I cancel?", "en", 2),  # "I" is the Polish "and"
        ("can i return a pen", "en", 1),
        ("Comment payer en ligne ?", "fr", 1),  # "en" is the Dutch
        ("Ile kosztuje ekspres i kiedy przyjdzie paczka?", "pl", 2),
        ("Wat kost het en wanneer komt het pakket?", "nl", 2),
    ],
)
def test_a_question_is_split_by_the_words_of_its_language(question, language, parts):
    assert len(relevance.parts(question, language)) == parts


WARRANTY = (
    "Warranty\nEvery pen has a warranty of two years. It covers defects in material and "
    "workmanship, such as a nib that cracks.\nThe warranty does not cover damage from falls or "
    "normal wear."
)


@guards("routing/checks/verifier.py", ', "wholly denied")', ")")
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Is a cracked nib covered by the warranty?", "No, the warranty does not cover anything."),
        ("Deckt die Garantie eine gerissene Feder ab?", "Nein, die Garantie deckt nichts ab."),
        ("La garantie couvre-t-elle une plume fissurée ?", "Non, la garantie ne couvre rien."),
        ("Czy gwarancja obejmuje pękniętą stalówkę?", "Nie, gwarancja nie obejmuje niczego."),
        ("Täcker garantin en sprucken spets?", "Nej, garantin täcker ingenting sådant."),
        ("保修包括笔尖裂开吗？", "保修什么都不包括。"),  # noqa: RUF001
        ("هل يغطي الضمان ريشة مكسورة؟", "الضمان لا يغطي أي شيء."),
    ],
)
def test_what_articles_affirm_is_not_denied_as_a_whole(question, answer):
    assert doubt(answer, question, articles=(WARRANTY,)).doubt >= THRESHOLD


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What does a return cost?", "Inside the EU, sending it back costs you nothing."),
        ("Was kostet die Rücksendung?", "Innerhalb der EU kostet die Rücksendung nichts."),
        ("Muszę zapłacić za zwrot?", "Na terenie UE nic Pan nie płaci za zwrot."),
    ],
)
def test_what_costs_nothing_is_not_denied(question, answer):
    assert not doubt(answer, question).features["wholly denied"]
