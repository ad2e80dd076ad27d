"""Prices, budgets with their windows, the holds of calls in flight, the ledger and its sums."""

from billing.models.budgets import Budget, BudgetPeriod
from billing.models.entries import Hold, LedgerEntry, LedgerEntryQuerySet
from billing.models.pacing_log import PacingChange
from billing.models.prices import Price
from billing.models.tallies import ConversationCost, Tally

__all__ = [
    "Budget",
    "BudgetPeriod",
    "ConversationCost",
    "Hold",
    "LedgerEntry",
    "LedgerEntryQuerySet",
    "PacingChange",
    "Price",
    "Tally",
]
