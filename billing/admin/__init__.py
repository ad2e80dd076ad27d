"""Prices, budgets and the ledger for operators. Dollars here, nano-dollars everywhere else."""

from billing.admin.budget_periods import BudgetWindowAdmin
from billing.admin.budgets import BudgetAdmin
from billing.admin.entries import LedgerEntryAdmin
from billing.admin.pacing_log import AdjustmentAdmin
from billing.admin.prices import PriceAdmin

__all__ = ["AdjustmentAdmin", "BudgetAdmin", "BudgetWindowAdmin", "LedgerEntryAdmin", "PriceAdmin"]
