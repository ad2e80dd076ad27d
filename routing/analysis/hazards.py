"""What is at stake for a customer: a short message can be a dangerous one to get wrong. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from routing.analysis.subjects import Vocabulary, Words


@dataclass(frozen=True, slots=True)
class Stake:
    """A subject, the points (of ten) that it adds to the difficulty, and what tells it."""

    name: str
    points: float
    words: Words


def _soon(first: str, then: str) -> str:
    """Either of the `first` words, and within a sentence's 40 letters either of the others.

    Not across another of the first: a text of nothing else would be read forty times.
    """
    return rf"(?:{first})(?:(?!\b(?:{first}))[^.?!\n]){{0,40}}?\b(?:{then})"


# A wrong answer here costs health, money or a case in court: strong whatever the articles say.
GRAVE = 5.2

# Beginnings of words in English, then other languages; matched in lower case without accents.
STAKES = (
    Stake(
        "health",
        GRAVE,
        (
            r"swallow(?:ed|s|ing)\b|poison|allerg|hospital|doctor\b|pregnan|medicine|medication"
            r"|medical|injur|bleeding|choking|choked|asthma|toxic|overdos|seizure|faint(?:ed|ing)"
            r"|burn(?:s|ed|t)? (?:my|his|her|me|him|skin|hand)|rash\b|in (?:my|his|her) eyes?\b"
            r"|vergift|verschluckt|krankenhaus|schwanger|verletz|intoxi|hopital|enceinte|bless[eu]"
            r"|envenen|alerg|embarazad|ingeslikt|ziekenhuis|zwanger|gewond|ospedale|incinta|отрав|аллерг|беремен",
            "中毒|过敏|医院|怀孕|受伤|吞|アレルギー|妊娠|病院|تسمم|حساسية",
        ),
    ),
    Stake(
        "safety",
        GRAVE,
        (
            r"(?:on|caught|catch(?:es)?|a) fire\b|smok(?:e|ing)\b|explo[ds]|electric(?:al)? shock"
            r"|electrocut|overheat|dangerous|hazard|unsafe|recall(?:ed)?\b|gas leak|suicid"
            r"|kill (?:myself|me)|(?:hurt|harm)(?:ing)? myself|self.harm|emergency"
            r"|brennt|explodier|gefahrlich|notfall|incendie|dangereux|urgence|incendio|peligros"
            r"|gevaarlijk|in brand\b|noodgeval|pericolos|пожар|взорв|опасн",
            "着火|爆炸|危险|自杀|紧急|火災|爆発|危険|حريق|انفجار",
        ),
    ),
    Stake(
        "legal action",
        GRAVE,
        (
            r"lawyer|attorney|solicitor|(?:to|will|gonna|can|could|ll|shall) sue\b|suing|lawsuit"
            r"|(?:in|to) court\b|small claims|legal (?:action|advice|steps|claim|proceeding)"
            r"|liab(?:le|ility)|ombudsman"
            r"|consumer (?:protection|authority|rights)|trading standards|class action|prosecut"
            r"|anwalt|verklag|gericht|rechtlich|avocat|tribunal|poursui|abogad|demandar|denuncia"
            r"|advocaat|rechtszaak|rechter\b|avvocat|denunc|адвокат|суд\b|юрист",
            "律师|起诉|法院|弁護士|訴え|裁判|محام",
        ),
    ),
    Stake(
        "a disputed payment",
        GRAVE,
        (
            r"charge.?back|disput|fraud|scam(?:s|med|mer)?\b|unauthori[sz]ed"
            r"|charged (?:me )?(?:twice|double|again)|double charged"
            r"|(?:not|n't|never) (?:authori[sz]e|make (?:this|that|the) (?:payment|order))"
            r"|betrug|ruckbuchung|doppelt (?:abgebucht|berechnet)|arnaque|escroque|fraude|estafa"
            r"|oplichting|dubbel afgeschreven|truffa|мошенн",
            "拒付|诈骗|盗刷|重复扣款|詐欺|不正|احتيال",
        ),
    ),
    Stake(
        "theft or misuse of an account",
        GRAVE,
        (
            r"hack|phish|compromised|identity theft|stolen|data (?:breach|leak)|suspicious"
            r"|some(?:one|body) (?:else )?(?:has|had|is|got|logged|used|using|access|chang|order)"
            r"|(?:was|is)(?: not|n't) me\b|i did(?: not|n't) (?:make|place|order) (?:it|this|that)"
            r"|gehackt|gestohlen|pirat[ae]|vole[es]?\b|robad|hackead|gestolen|rubat|взлом|украли",
            "被盗|黑客|盗号|泄露|乗っ取|ハッキング|اختراق|سرق",
        ),
    ),
    Stake(
        "money that does not come back",
        3.0,
        (
            _soon("refund|money", r"not|n't|never|still|refus|denied|gone|missing|weeks")
            + "|"
            + _soon("not|n't|never|still|refus", r"refund|money back|my money")
            + r"|where(?:'s| is| are)? my (?:refund|money)\b"
            r"|money (?:is )?gone|want my money|remboursement[^.?!\n]{0,30}(?:pas|refus)"
            r"|(?:geld|erstattung)[^.?!\n]{0,30}(?:nicht|noch)",
            "不退款|拒绝退款|还没退|没收到退款|返金され",
        ),
    ),
    Stake(
        "personal data",
        2.5,
        (
            r"gdpr|delete (?:all )?my (?:\w+ )?(?:data|account)|personal data|data protection|ccpa"
            r"|dsgvo|datenschutz|rgpd|donnees personnelles|datos personales|persoonsgegevens"
            r"|персональн",
            "个人信息|隐私|個人情報",
        ),
    ),
    Stake(
        "access to an account",
        1.5,
        (
            r"locked out|account (?:is |was )?(?:locked|blocked)|(?:can't|cant|cannot) log|password"
            r"|verification code|konto gesperrt|passwort|mot de passe|contrasena|wachtwoord|парол",
            "密码|登录不|パスワード|ログインでき",
        ),
    ),
    Stake(
        "a refund",
        1.0,
        (
            r"refund|money back|reimburs|compensat|erstattung|rembours|reembols|devolucion"
            r"|terugbetal|rimbors|возврат",
            "退款|退钱|返金|استرداد",
        ),
    ),
)


# Apart, as a refund that does not come is both: a vocabulary finds one subject by one word.
_VOCABULARIES = tuple(
    Vocabulary({stake.name: stake.words for stake in stakes})
    for stakes in (STAKES[:-1], STAKES[-1:])
)


def at_stake(text: str) -> tuple[str, ...]:
    """The names of what a text (folded) puts at stake, gravest first."""
    return tuple(name for vocabulary in _VOCABULARIES for name in vocabulary.found(text))


def points(names: Iterable[str]) -> float:
    """What these stakes add together: the gravest counts whole, each further one half a point."""
    found = sorted((stake.points for stake in STAKES if stake.name in set(names)), reverse=True)
    return found[0] + 0.5 * len(found[1:]) if found else 0.0
