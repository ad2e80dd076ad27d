"""Greetings, thanks and "please": what people say around what they want. Pure.

It makes no question harder, so nothing is weighed of it.
"""

# customers write in many languages

import re

# Whole sentences, or what stands before the first comma of one.
_SENTENCES = (
    r"(?:hi|hello|hey|hiya|dear|good (?:morning|afternoon|evening|day)|greetings)"
    r"(?: (?:there|all|everyone|again|team|support|service|sir or madam|sir|madam"
    r"|customer service)){0,3}",
    r"(?:i )?hope (?:you're|you are|you|this finds you|all is|everything is)[^.!?,;\n]{0,40}",
    r"(?:many |a lot of |big )?(?:thanks|thank you|thx|cheers|ty)"
    r"(?: (?:so much|very much|a lot|a million|in advance|again"
    r"|for (?:your|the) (?:help|time|patience|reply))){0,3}",
    r"(?:kind|best|warm) (?:regards|wishes)|yours (?:sincerely|faithfully|truly)",
    r"have a (?:nice|good|great|lovely) \w+",
    r"sorry (?:to bother you|for bothering you|for the bother|for the long message)",
    r"i(?:'d| would) be (?:very )?(?:happy|glad|grateful) (?:about|for) (?:a|your|any) \w+",
    r"guten (?:tag|morgen|abend)|hallo|moin|servus|liebes team|sehr geehrte damen und herren",
    r"(?:vielen |herzlichen )?dank(?: im voraus)?|danke(?: (?:sch[oö]n|im voraus))?",
    r"(?:mit freundlichen|viele|liebe|beste) gr[uü](?:ss|ß)en?",
    r"(?:bonjour|bonsoir|salut)(?: madame| monsieur)?|cordialement",
    r"merci(?: (?:beaucoup|d'avance))?",
    r"hola|buenos d[ií]as|buenas(?: tardes| noches)?|un saludo",
    r"(?:muchas )?gracias(?: de antemano)?",
    r"buongiorno|buonasera|salve|ciao|cordiali saluti|(?:molte )?grazie(?: mille| in anticipo)?",
    r"goede(?:morgen|middag|navond)|dag|hoi|bedankt(?: alvast)?|alvast bedankt",
    r"met vriendelijke groet",
    r"ol[aá]|bom dia|boa tarde|boa noite|(?:muito )?obrigad[oa]",
    r"dzie[nń] dobry|cze[sś][cć]|witam|dzi[eę]kuj[eę]|pozdrawiam",
    r"merhaba|iyi g[uü]nler|selam|te[sş]ekk[uü]rler(?: ederim)?",
)
_SAID_AROUND = re.compile(
    rf"(?:^|(?<=[.!?,;\n]))[ ]*(?:{'|'.join(_SENTENCES)})[ ]*(?=[.!?,;\n:)-]|$)[.!,;:)-]*",
    re.IGNORECASE,
)
_PLEASE = re.compile(
    r"\b(?:please|pls|plz|kindly|bitte|s'il vous pla[iî]t|svp|por favor|per favore|alstublieft"
    r"|prosz[eę]|l[uü]tfen)\b ?",
    re.IGNORECASE,
)


def without_filler(text: str) -> str:
    """Without greetings, thanks and "please", unless that is all there is."""
    left = _PLEASE.sub("", _SAID_AROUND.sub(" ", text)).strip(" \n.,;:!-")
    return left if any(map(str.isalnum, left)) else text


# "Thanks" in the languages that the interface has and some more, alone or with what goes with it.
_THANKS = re.compile(
    r"\b(?:thanks|thank you|thankyou|thx|cheers|dank\w*|merci|gracias|grazie|bedankt|obrigad[oa]"
    r"|dzi[eę]k\w*|te[sş]ekk[uü]r\w*|mange tak|tack|takk|kiitos|спасибо|дякую)\b"
    r"|谢谢|謝謝|多谢|感谢|ありがとう|감사|شكرا",
    re.IGNORECASE,
)
_WITH_THANKS = re.compile(
    r"\b(?:ok|okay|great|perfect|super|brilliant|you|so|very|much|lots?|all|again|a|for|your|the|help"
    r"|time|and|bye|vielen|sehr|sch[oö]n|f[uü]r|die|ihre|deine|hilfe|alles|klar|prima|beaucoup"
    r"|pour|votre|aide|parfait|muchas|mil|por|su|tu|la|ayuda|perfecto|mille|per|aiuto|perfetto"
    r"|hartelijk|wel|u|je|voor|de|hulp|muito|ajuda|bardzo|za|pomoc|ederim|[cç]ok|s[aå]|mycket|большое)\b"
    r"|您的帮助|你的帮助|您|你|了|啦|ございます|ございました|助かりました|합니다|جزيلا|لكم|لك",
    re.IGNORECASE,
)


def is_only_thanks(text: str) -> bool:
    """Whether a message says thank you, and nothing else that asks for an answer."""
    without = _THANKS.sub(" ", text)
    left = _WITH_THANKS.sub(" ", without)
    return without != text and "?" not in text and not any(map(str.isalnum, left))
