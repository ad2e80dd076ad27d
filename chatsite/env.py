"""What the environment says: each value read once, by name, and refused by name when it is bad."""

import os
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email


def text(name: str, default: str = "") -> str:
    """The variable's value, or the default where it is unset or blank."""
    return os.environ.get(name, "").strip() or default


def secret(name: str, default: str = "") -> str:
    """A value that no error message repeats. Reads `NAME_FILE` where `NAME` is unset.

    An empty file says nothing either. Raises ImproperlyConfigured.
    """
    path = text(f"{name}_FILE")
    if text(name) or not path:
        return text(name, default)
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip() or default
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE={path!r} cannot be read: {error}") from error


def flag(name: str, default: bool = False) -> bool:
    """`1`, `true`, `yes`, `on` or `0`, `false`, `no`, `off`. Raises ImproperlyConfigured."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is not a flag: say true or false")


def number(name: str, default: int, low: int, high: int) -> int:
    """A whole number from `low` to `high`. Raises ImproperlyConfigured."""
    value = text(name)
    if not value:
        return default
    if not value.isdecimal() or not low <= int(value) <= high:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number from {low} to {high}")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list, blanks dropped."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def emails(name: str) -> list[str]:
    """Addresses, separated by commas, each once.

    Raises ImproperlyConfigured, naming the one that is none.
    """
    # Of one that is named twice, also in other letters, the first spelling.
    addresses = {address.lower(): address for address in reversed(words(name))}
    for address in addresses.values():
        try:
            validate_email(address)
            # As mail servers spell a domain like bücher.example; letters before the @ are ASCII.
            address.rpartition("@")[2].encode("idna")
        except (ValidationError, UnicodeError) as error:
            raise ImproperlyConfigured(
                f"{name}: {address!r} is not an e-mail address. Separate several with commas."
            ) from error
    return [*reversed(addresses.values())]


def url(name: str, default: str, schemes: set[str]) -> str:
    """An absolute URL with one of the schemes, which may hold a password: read as a secret is.

    Raises ImproperlyConfigured without that password.
    """
    value = secret(name, default)
    try:
        parts = urlsplit(value)
        valid = parts.scheme in schemes and bool(parts.netloc or parts.path.strip("/"))
        _ = parts.port  # raises ValueError where it is no number
    except ValueError:
        valid = False
    if not valid:
        shown = value.rpartition("@")[2]
        raise ImproperlyConfigured(
            f"{name}={shown!r} is not a URL that starts with {' or '.join(sorted(schemes))}://"
        )
    return value


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in."""

    host: str
    port: int
    user: str
    password: str
    tls: bool  # after a plain beginning
    ssl: bool  # from the beginning


def mail_server(name: str) -> MailServer:
    """`smtp://`, `smtp+tls://` (STARTTLS) or `smtps://`, with `user:password@` where it asks.

    Raises ImproperlyConfigured.
    """
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    parts = urlsplit(url(name, "smtp://localhost", set(ports)))
    return MailServer(
        host=parts.hostname or "localhost",
        port=parts.port or ports[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=parts.scheme == "smtp+tls",
        ssl=parts.scheme == "smtps",
    )
