"""Prices, budgets and the ledger for operators. Dollars here, nano-dollars everywhere else."""

from billing.admin.budgets import AdjustmentAdmin, BudgetAdmin, BudgetWindowAdmin
from billing.admin.entries import LedgerEntryAdmin
from billing.admin.prices import PriceAdmin

__all__ = ["AdjustmentAdmin", "BudgetAdmin", "BudgetWindowAdmin", "LedgerEntryAdmin", "PriceAdmin"]
