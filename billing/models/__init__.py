"""Prices, budgets with their windows, the holds of calls in flight, the ledger and its sums."""

from billing.models.adjustments import Adjustment
from billing.models.budgets import Budget, BudgetWindow
from billing.models.entries import Hold, LedgerEntry, LedgerEntryQuerySet
from billing.models.prices import Price
from billing.models.tallies import ConversationCost, Tally

__all__ = [
    "Adjustment",
    "Budget",
    "BudgetWindow",
    "ConversationCost",
    "Hold",
    "LedgerEntry",
    "LedgerEntryQuerySet",
    "Price",
    "Tally",
]
