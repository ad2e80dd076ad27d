"""How a setting changed from one version of the policy to the next, in words. Pure."""

import difflib
import textwrap


def phrase(name: str, old: object, new: object) -> str:
    """The setting with what it was and is: "threshold 7 → 6.5"."""
    if name == "criteria":
        return f"scoring criteria {_lines(str(old), str(new))}"
    return f"{name.replace('_', ' ')} {_value(old)} → {_value(new)}"


def _value(setting: object) -> str:
    if isinstance(setting, float):
        return f"{setting:g}"
    return "none" if setting in (None, "") else str(setting)


def _lines(old: str, new: str) -> str:
    """Which lines went and which came, in short."""
    lines = [
        line
        for line in difflib.ndiff(old.splitlines(), new.splitlines())
        if line.startswith(("- ", "+ "))
    ]
    gone = " ".join(line[2:] for line in lines if line.startswith("-"))
    come = " ".join(line[2:] for line in lines if line.startswith("+"))
    phrases = [
        f"{verb} “{textwrap.shorten(words, 160, placeholder=' …')}”"
        for verb, words in (("without", gone), ("with", come))
        if words
    ]
    return ", ".join(phrases) or "spaced differently"
