"""Dollars, which people read and type, and whole nano-dollars, which everything else counts in."""

from decimal import Decimal

NANO = Decimal(10) ** 9


def dollars(nano: int) -> Decimal:
    """Exact."""
    return Decimal(nano) / NANO


def nano(amount: Decimal) -> int:
    """Nano-dollars. Raises ValueError where they would not be whole."""
    scaled = amount * NANO
    if scaled != int(scaled):
        raise ValueError(f"{amount} dollars has more than 9 decimal places")
    return int(scaled)


def shown(nano: int, places: int = 6) -> str:
    """`$1,234.500000`, for people."""
    return f"${dollars(nano):,.{places}f}"


def brief(nano: int) -> str:
    """`$1,234.50`, `$0.0042` or `-$3.00`: with the places that say something, for people."""
    places = 2 if abs(nano) >= 10**9 or not nano else 4
    return f"{'-' if nano < 0 else ''}{shown(abs(nano), places)}"


def signed(nano: int, places: int = 9) -> str:
    """`+$0.060000000`: a difference, for people, by default to the nano-dollar."""
    return f"{'-' if nano < 0 else '+'}{shown(abs(nano), places)}"


def typed(nano: int) -> str:
    """`2.5`, with the places it needs: as people type it."""
    return f"{dollars(nano).normalize():f}"
