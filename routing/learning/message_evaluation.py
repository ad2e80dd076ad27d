"""How well messages that need the strong model are told from others, overall and by group."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from sklearn.metrics import roc_auc_score

from routing import thresholds
from routing.analysis import first_day_score, learned_score, score_scale
from routing.analysis.difficulty import Signals, signals
from routing.analysis.features import measure
from routing.analysis.site_profile import Site
from routing.learning import model_training
from routing.learning.labelled_data import Message
from routing.learning.labels import LEAST_LABELS, Label, TooFewLabels


@dataclass(frozen=True, slots=True)
class Told:
    """Of `rows` messages `needed` need the strong model. Each is None where nothing tells it.

    `auc`: how often a message that needs it scores above one that does not. `strong_share` is of
    all, `recall` of those that need it: what goes to the strong tier.
    """

    rows: int
    needed: int
    auc: float | None
    strong_share: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class Report:
    whole: Told
    groups: Mapping[str, Told]

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self.whole),
            "groups": {name: asdict(told) for name, told in self.groups.items()},
        }


def report(messages: Sequence[Message], scores: Sequence[float], threshold: float) -> Report:
    """What these scores are worth under a threshold."""
    groups = {
        name: [at for at, each in enumerate(messages) if belongs(each)]
        for name, belongs in _groups(messages).items()
    }

    def told(places: Sequence[int]) -> Told:
        needed = [messages[at].strong_needed for at in places]
        strong = [scores[at] >= threshold for at in places]
        caught = [
            is_strong for is_strong, is_needed in zip(strong, needed, strict=True) if is_needed
        ]
        both = 0 < sum(needed) < len(needed)
        return Told(
            len(places),
            sum(needed),
            round(float(roc_auc_score(needed, [scores[at] for at in places])), 4) if both else None,
            _share(strong),
            _share(caught),
        )

    return Report(
        told(range(len(messages))),
        {name: told(places) for name, places in groups.items() if places},
    )


def first_day_scores(
    messages: Sequence[Message], vectors: Sequence[tuple[float, ...]], site: Site
) -> list[float]:
    """As a site would score them on its first day: on a scale that these messages have moved.

    `vectors`: an embedding for each; () where there is none.
    """
    seen = [
        signals(replace(each.turn, vector=vector), site)
        for each, vector in zip(messages, vectors, strict=True)
    ]
    own = moved_scale(site, seen)
    return [learned_score.weigh_first_day(each, own).value for each in seen]


def moved_scale(site: Site, seen: Sequence[Signals]) -> Site:
    """The site with scales that messages have moved."""
    by_meaning = [_log_odds(each) for each in seen if "meaning" in each.terms]
    by_words = [_log_odds(each) for each in seen if "meaning" not in each.terms]
    return replace(
        site,
        words=_moved(site.words, by_words),
        meaning=_moved(site.meaning, by_meaning) if site.meaning else None,
    )


def learned_scores(
    messages: Sequence[Message], vectors: Sequence[tuple[float, ...]], site: Site
) -> list[float]:
    """By models that were each fitted to the labels of the other domains. Raises TooFewLabels."""
    measured = [
        measure(replace(each.turn, vector=vector), site=site)
        for each, vector in zip(messages, vectors, strict=True)
    ]
    labels = [
        Label(each, float(not message.strong_needed), 1.0, message.domain)
        for each, message in zip(measured, messages, strict=True)
    ]
    domains = {message.domain for message in messages}
    if len(domains) < 2:
        raise TooFewLabels(len(labels), alike=True)
    scores = [0.0] * len(labels)
    for domain in sorted(domains):
        others = [replace(each, group="") for each in labels if each.group != domain]
        if len(others) < LEAST_LABELS:
            raise TooFewLabels(len(others), LEAST_LABELS)
        fitted = model_training.model(others)
        for at, message in enumerate(messages):
            if message.domain == domain:
                scores[at] = learned_score.weighed(measured[at], fitted).score
    return scores


def threshold_for(scores: Sequence[float], share: float) -> float:
    """At which at most this share goes to the strong tier."""
    return thresholds.for_share(scores, share)


def _log_odds(seen: Signals) -> float:
    return sum(learned_score.log_odds(seen).values())


def _moved(head: first_day_score.Head, log_odds: Sequence[float]) -> first_day_score.Head:
    return replace(head, quantiles=score_scale.own_scale(head.quantiles, log_odds))


def _share(those: Sequence[bool]) -> float | None:
    return round(sum(those) / len(those), 4) if those else None


def _groups(messages: Sequence[Message]) -> dict[str, Callable[[Message], bool]]:
    groups: dict[str, Callable[[Message], bool]] = {
        "short": lambda each: each.length == "short",
        "medium": lambda each: each.length == "medium",
        "long": lambda each: each.length == "long",
        "english": lambda each: each.language == "en",
        "other languages": lambda each: each.language not in ("", "en"),
        "with earlier turns": lambda each: bool(each.turn.earlier or each.turn.answer),
        "short and dangerous": lambda each: each.length == "short" and each.strong_needed,
        "dangerous in other languages": lambda each: (
            each.language not in ("", "en") and each.strong_needed
        ),
        "long but trivial": lambda each: each.length == "long" and not each.strong_needed,
    }
    for domain in sorted({each.domain for each in messages} - {""}):
        groups[f"domain {domain}"] = partial(_is_of, domain=domain)
    for language in sorted({each.language for each in messages} - {"", "en"}):
        groups[f"language {language}"] = partial(_is_of, language=language)
    return groups


def _is_of(message: Message, domain: str = "", language: str = "") -> bool:
    return domain in ("", message.domain) and language in ("", message.language)
