"""What customers could spend with us, and the share of it that they do."""

from crmlib.models.wallet.categories import category_potential, category_summary
from crmlib.models.wallet.estimate import (
    Wallets,
    comparable_customers,
    estimate_wallets,
    wallets_if_enough,
)
from crmlib.models.wallet.frontier import Frontier, fit_frontier

__all__ = [
    "Frontier",
    "Wallets",
    "category_potential",
    "category_summary",
    "comparable_customers",
    "estimate_wallets",
    "fit_frontier",
    "wallets_if_enough",
]
