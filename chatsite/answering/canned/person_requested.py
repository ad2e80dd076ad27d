"""The customer wishes to be answered by a person: the request is recorded, and the answer says so.

No model is asked: it could only promise what the database does.
"""

import logging

from billing import clock
from chatsite.answering.calls.reply_call import Claimed
from chatsite.answering.step_outcomes import Ended, NotOurs
from chatsite.business_hours import away
from chatsite.chat import staff_handling
from chatsite.chat.actions import end_reply
from chatsite.chat.models import CannedAnswer, Conversation, Message
from routing.wishes.recognition import Wish

logger = logging.getLogger(__name__)

# ruff: noqa: RUF001, E501  letters of many scripts, in sentences of their own

# What the customer reads, by language.
TEXTS = {
    "en": "You are now in line for a person from our team, who will answer right here. "
    "You can keep writing meanwhile.",
    "de": "Sie stehen jetzt in der Warteschlange für unser Team; jemand wird Ihnen hier antworten. "
    "Sie können inzwischen weiterschreiben.",
    "nl": "U staat nu in de wachtrij voor iemand van ons team, die u hier antwoordt. "
    "U kunt intussen gewoon doorschrijven.",
    "fr": "Vous êtes maintenant dans la file d'attente : une personne de notre équipe vous "
    "répondra ici. Vous pouvez continuer à écrire en attendant.",
    "es": "Ya está en la cola para hablar con una persona de nuestro equipo, que le responderá "
    "aquí. Mientras tanto puede seguir escribiendo.",
    "it": "Ora è in coda per parlare con una persona del nostro team, che le risponderà qui. "
    "Nel frattempo può continuare a scrivere.",
    "pt": "Está agora na fila para falar com uma pessoa da nossa equipe, que responderá aqui. "
    "Enquanto isso, pode continuar a escrever.",
    "pl": "Czekasz teraz w kolejce na osobę z naszego zespołu, która odpowie w tym czacie. "
    "W tym czasie możesz pisać dalej.",
    "cs": "Nyní čekáte ve frontě na člověka z našeho týmu, který vám odpoví přímo zde. "
    "Mezitím můžete psát dál.",
    "sv": "Du står nu i kö till en person i vårt team, som svarar här. "
    "Du kan fortsätta skriva under tiden.",
    "da": "Du står nu i kø til en person fra vores team, som svarer her. "
    "Du kan skrive videre imens.",
    "fi": "Olet nyt jonossa tiimimme työntekijälle, joka vastaa sinulle täällä. "
    "Voit jatkaa kirjoittamista sillä välin.",
    "hu": "Most egy munkatársunkra vár a sorban, aki itt fog válaszolni. Addig is írhat tovább.",
    "ro": "Sunteți la rând pentru o persoană din echipa noastră, care vă va răspunde aici. "
    "Puteți scrie în continuare.",
    "el": "Βρίσκεστε στη σειρά για έναν άνθρωπο της ομάδας μας, που θα σας απαντήσει εδώ. "
    "Στο μεταξύ μπορείτε να συνεχίσετε να γράφετε.",
    "tr": "Ekibimizden bir kişiyle görüşmek için sıraya alındınız; size buradan yanıt verilecek. "
    "Bu sırada yazmaya devam edebilirsiniz.",
    "ru": "Вы в очереди к сотруднику нашей команды, он ответит вам здесь. "
    "Пока можно продолжать писать.",
    "uk": "Ви в черзі до людини з нашої команди, вона відповість вам тут. "
    "Поки що можна писати далі.",
    "ar": "أنت الآن في قائمة الانتظار للتحدث مع شخص من فريقنا، وسيرد عليك هنا. "
    "يمكنك متابعة الكتابة في هذه الأثناء.",
    "hi": "अब आप हमारी टीम के किसी व्यक्ति के लिए कतार में हैं, जो आपको यहीं उत्तर देंगे। तब तक आप लिखते रह सकते हैं।",
    "zh": "您已进入人工服务队列，我们的工作人员会在这里回复您。您可以继续留言。",
    "ja": "担当者の順番待ちに入りました。担当者がこのチャットでお答えします。その間もメッセージをお送りいただけます。",
    "ko": "담당자 연결 대기열에 등록되었습니다. 담당자가 이 채팅에서 답변드립니다. 그동안 계속 메시지를 보내셔도 됩니다.",
}


def words(wish: Wish) -> str:
    """In the customer's language as far as it is known."""
    return TEXTS.get(wish.language, TEXTS["en"])


def give(claimed: Claimed, wish: Wish) -> Ended | NotOurs:
    """Record the request and end the reply, in one transaction, so that words and state agree."""
    reply = claimed.reply
    reply.tier, reply.sources = "", []
    change = end_reply.end(
        reply,
        Message.State.COMPLETE,
        text=words(wish),
        newest_at=claimed.newest_at,
    )
    if change is None:
        return NotOurs()
    conversation = change.conversation
    conversation.away_until = away.until()
    if conversation.wants_person_since is None and conversation.handled_by_id is None:
        conversation.wants_person_since = clock.now()
        Conversation.objects.filter(id=conversation.pk).update(
            wants_person_since=conversation.wants_person_since
        )
        staff_handling.asked(conversation)
    CannedAnswer.objects.create(
        reply=reply,
        kind=CannedAnswer.Kind.PERSON,
        task_type="Request for a person",
        similarity=1.0,
        recognised_by=f"the customer {wish.ground}",
    )
    logger.info("%s wants a person", conversation.reference)
    return Ended(change.handing_over())
