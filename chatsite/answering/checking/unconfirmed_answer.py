"""What a customer reads instead of an answer that could not be confirmed: what the articles say."""

from collections.abc import Sequence

from chatsite.knowledge.articles import Match
from routing.checks import quotations
from routing.checks.language_detection import language
from routing.checks.quotations import Quote

# Before the quotations, without any, and the offer after them; by the customer's language.
WORDS = {
    "en": (
        "I could not confirm an answer to this. Our help pages say:",
        "I could not confirm an answer to this.",
        "Would you like to ask a person from our team?",
    ),
    "de": (
        "Dazu konnte ich keine Antwort bestätigen. Auf unseren Hilfeseiten steht:",
        "Dazu konnte ich keine Antwort bestätigen.",
        "Möchten Sie jemanden aus unserem Team fragen?",
    ),
    "fr": (
        "Je n'ai pas pu confirmer de réponse à cette question. Nos pages d'aide indiquent :",
        "Je n'ai pas pu confirmer de réponse à cette question.",
        "Souhaitez-vous poser la question à une personne de notre équipe ?",
    ),
    "es": (
        "No he podido confirmar una respuesta. Nuestras páginas de ayuda dicen:",
        "No he podido confirmar una respuesta.",
        "¿Quiere preguntar a una persona de nuestro equipo?",
    ),
    "it": (
        "Non ho potuto confermare una risposta. Le nostre pagine di aiuto dicono:",
        "Non ho potuto confermare una risposta.",
        "Vuole chiedere a una persona del nostro team?",
    ),
    "nl": (
        "Ik kon hierop geen antwoord bevestigen. Op onze hulppagina's staat:",
        "Ik kon hierop geen antwoord bevestigen.",
        "Wilt u het aan iemand van ons team vragen?",
    ),
    "pl": (
        "Nie udało mi się potwierdzić odpowiedzi. Na naszych stronach pomocy czytamy:",
        "Nie udało mi się potwierdzić odpowiedzi.",
        "Czy chcesz zapytać osobę z naszego zespołu?",
    ),
    "pt": (
        "Não consegui confirmar uma resposta. As nossas páginas de ajuda dizem:",
        "Não consegui confirmar uma resposta.",
        "Quer perguntar a uma pessoa da nossa equipa?",
    ),
    "sv": (
        "Jag kunde inte bekräfta något svar på detta. På våra hjälpsidor står det:",
        "Jag kunde inte bekräfta något svar på detta.",
        "Vill du fråga någon i vårt team?",
    ),
    "da": (
        "Jeg kunne ikke bekræfte et svar på det. På vores hjælpesider står der:",
        "Jeg kunne ikke bekræfte et svar på det.",
        "Vil du spørge en person fra vores team?",
    ),
    "tr": (
        "Buna bir yanıtı doğrulayamadım. Yardım sayfalarımızda şöyle yazıyor:",
        "Buna bir yanıtı doğrulayamadım.",
        "Ekibimizden birine sormak ister misiniz?",
    ),
    "ru": (
        "Мне не удалось подтвердить ответ. На наших страницах справки сказано:",
        "Мне не удалось подтвердить ответ.",
        "Хотите спросить сотрудника нашей команды?",
    ),
    "zh": (
        "我无法确认这个问题的答案。我们的帮助页面写道：",
        "我无法确认这个问题的答案。",
        "您想咨询我们团队的工作人员吗？",
    ),
    "ja": (
        "この件について、回答を確認できませんでした。ヘルプページには次のように記載されています。",
        "この件について、回答を確認できませんでした。",
        "担当者にお尋ねになりますか。",
    ),
    "ar": (
        "لم أتمكن من تأكيد إجابة عن هذا السؤال. تقول صفحات المساعدة لدينا:",
        "لم أتمكن من تأكيد إجابة عن هذا السؤال.",
        "هل تود أن تسأل شخصا من فريقنا؟",
    ),
}


def quotes(question: str, matches: Sequence[Match]) -> tuple[Quote, ...]:
    """The paragraphs of the articles that are nearest to the question."""
    return quotations.quotes(question, [f"{each.title}\n{each.body}" for each in matches])


def text(question: str, matches: Sequence[Match], wording: str = "") -> str:
    """Markdown that quotes those paragraphs, each with its article's title.

    `wording`: the operator's own words before them, for all languages.
    """
    quoted = quotes(question, matches)
    said, said_alone, offer = WORDS.get(language(question), WORDS["en"])
    lines = [wording or (said if quoted else said_alone)]
    for each in quoted:
        words = "\n".join(f"> {line}" for line in each.text.split("\n"))
        lines.append(f"{words}\n>\n> — {matches[each.article].title}")
    return "\n\n".join(lines if wording else [*lines, offer])
