"""Prices, budgets and the ledger for operators. Dollars here, nano-dollars everywhere else."""

from billing.admin.budgets import BudgetAdmin, BudgetWindowAdmin
from billing.admin.entries import LedgerEntryAdmin
from billing.admin.prices import PriceAdmin

__all__ = ["BudgetAdmin", "BudgetWindowAdmin", "LedgerEntryAdmin", "PriceAdmin"]
