"""What the environment says: each value read once, by name, and refused by name when it is bad."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from django.utils.crypto import get_random_string


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
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"{name}_FILE={path!r} is no text") from error
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE={path!r} cannot be read: {error}") from error


def api_key(name: str) -> str:
    """A secret that goes into the header of a request. Raises ImproperlyConfigured."""
    value = secret(name)
    if not (value.isascii() and value.isprintable()):
        raise ImproperlyConfigured(f"{name} has characters that no key contains: copy it again")
    return value


def signing_secret(name: str, *, is_needed: bool) -> str:
    """A secret that signs what is posted elsewhere. Raises ImproperlyConfigured."""
    value = secret(name)
    if is_needed and len(value) < 24:
        raise ImproperlyConfigured(f"{name} is shorter than 24 characters")
    return value


def secret_key(name: str, folder: Path) -> str:
    """A random one is kept in the folder where none is given, so that a restart signs nobody out.

    Raises ImproperlyConfigured.
    """
    given = secret(name)
    if given and len(given) < 32:
        raise ImproperlyConfigured(f"{name} is shorter than 32 characters")
    return given or _kept_key(folder)


def _kept_key(folder: Path) -> str:
    path = folder / "secret_key"
    try:
        if not path.exists():
            part = path.with_suffix(f".{get_random_string(8)}")
            part.touch(mode=0o600)
            part.write_text(get_random_string(64))
            # A hard link fails where another process was first: all of them read the same key.
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(part)
            part.unlink()
        # A pipe would keep whoever reads it waiting.
        kept = path.read_text(errors="ignore").strip() if path.is_file() else ""
    except OSError as error:
        raise ImproperlyConfigured(
            f"The secret key cannot be kept in VAR_DIR={folder}: {error.strerror}"
        ) from error
    # A file that a power cut has filled with zeros is as long as before.
    if len(kept) < 32 or not kept.isprintable():
        raise ImproperlyConfigured(
            f"{path} is empty or incomplete. If you delete it, a new key is made and everybody "
            "has to sign in again."
        )
    return kept


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


def choice(name: str, default: str, *allowed: str) -> str:
    """One of these words, in capitals or not. Raises ImproperlyConfigured."""
    value = text(name, default)
    found = [word for word in allowed if word.lower() == value.lower()]
    if value and not found:
        words = f"{', '.join(allowed[:-1])} or {allowed[-1]}"
        raise ImproperlyConfigured(f"{name}={value!r} is not {words}")
    return found[0] if found else ""


def time_zone(name: str, default: str) -> str:
    """Raises ImproperlyConfigured."""
    value = text(name, default)
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not a time zone such as Europe/Berlin"
        ) from error
    return value


def language(name: str, default: str) -> str:
    """One that Django speaks, of whatever country. Raises ImproperlyConfigured."""
    value = text(name, default)
    if value not in LANG_INFO and value.split("-")[0] not in LANG_INFO:
        raise ImproperlyConfigured(f"{name}={value!r} is not a language code such as de or pt-br")
    return value


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

    Blank where it is unset and has no default. Raises ImproperlyConfigured without that password.
    """
    value = secret(name, default)
    if not value:
        return ""
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


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where mail arrives."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    tls: bool  # after a plain beginning
    ssl: bool  # from the beginning


def mailbox(name: str) -> Mailbox | None:
    """`imaps://user:password@host/folder`, `imap+tls://` (STARTTLS) or `imap://`; INBOX by default.

    None where it is unset. Raises ImproperlyConfigured.
    """
    ports = {"imap": 143, "imap+tls": 143, "imaps": 993}
    value = url(name, "", set(ports))
    if not value:
        return None
    parts = urlsplit(value)
    return Mailbox(
        host=parts.hostname or "localhost",
        port=parts.port or ports[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        tls=parts.scheme == "imap+tls",
        ssl=parts.scheme == "imaps",
    )


def email(name: str) -> str:
    """One address; blank where it is unset. Raises ImproperlyConfigured."""
    found = emails(name)
    if len(found) > 1:
        raise ImproperlyConfigured(f"{name} must be one e-mail address")
    return found[0] if found else ""
