"""Money: whole nano-dollars everywhere, dollars for people. The one place that formats amounts."""

from decimal import ROUND_HALF_UP, Decimal

NANO = Decimal(10) ** 9
CENT = Decimal("0.01")
# Below a dollar: $0.975, $0.0444, $0.00003.
SIGNIFICANT_DIGITS = 3


def dollars(nano: int) -> Decimal:
    """Exact."""
    return Decimal(nano) / NANO


def plotted(nano: float) -> float:
    """As charts and metrics take them: near enough."""
    return nano / 10**9


def nano(amount: Decimal) -> int:
    """Nano-dollars. Raises ValueError where they would not be whole."""
    scaled = amount * NANO
    if scaled != int(scaled):
        raise ValueError(f"{amount} dollars has more than 9 decimal places")
    return int(scaled)


def shown(nano: int, *, signed: bool = False) -> str:
    """An amount for people: cents, and below a dollar three significant digits.

    `$1,234.50`, `$0.50`, `$0.975`, `$0.00003`, `-$3.00`; a difference, where `signed`, `+$0.06`.
    """
    amount = dollars(abs(nano))
    places = SIGNIFICANT_DIGITS - 1 - amount.adjusted() if 0 < amount < 1 else 2
    return _written(amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP), nano, signed)


def exact(nano: int, *, signed: bool = False) -> str:
    """A price, or an amount that has to add up, for people: every digit. `$30.00`, `$0.0375`."""
    return _written(dollars(abs(nano)), nano, signed)


def typed(nano: int) -> str:
    """`2.5`: every digit, as people type it and spreadsheets read it."""
    return f"{dollars(nano).normalize():f}"


def _written(amount: Decimal, nano: int, signed: bool) -> str:
    """With cents, and no zeros behind them."""
    amount = amount.normalize()
    amount = amount if amount == 0 or _places(amount) > 2 else amount.quantize(CENT)
    sign = "-" if nano < 0 else "+" if signed else ""
    return f"{sign}${amount:,f}" if amount else f"{sign}$0.00"


def _places(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int)
    return -exponent
