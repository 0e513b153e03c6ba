"""What to offer together, to whom, and what it stands for in money."""

from __future__ import annotations

import pandas as pd

from crmlib.decisions import attention
from crmlib.features.baskets import NO_CATEGORY
from crmlib.models.baskets import pair_rules
from crmlib.periods import Window, day_text
from crmlib.schema import require_columns

__all__ = [
    "RULE_COLUMNS",
    "actions_from_cross_selling",
    "customers_to_offer",
    "followers_worth",
    "in_short",
    "largest_items",
    "pairs_to_offer",
    "slow_limit",
    "slow_sellers",
    "strong_rules",
    "total_worth",
    "with_kinds",
]

RULE_COLUMNS: dict[str, str] = {
    "antecedent": "who has this in the basket",
    "consequent": "has this, too",
    "n_both": "baskets with both",
    "n_extra": "baskets with both beyond those that chance explains",
    "support_share": "baskets with both, of all",
    "confidence_share": "baskets with both, of those with the antecedent",
    "confidence_low_share": "low end of its interval",
    "confidence_high_share": "high end of its interval",
    "lift": "how many times as often as chance explains",
    "lift_low": "low end of its interval",
    "lift_high": "high end of its interval",
    "q_value": "share of false ones to expect among pairs with a q-value no greater",
}
"""Names and meanings of the columns of `strong_rules`."""

_TOGETHER, _FOLLOWS = "bought together", "follows a first purchase"
_N_RULES_OFFERED = 5
_MOSTLY, _FREQUENT = 0.5, 200  # share of baskets; rules of most baskets


def strong_rules(
    pairs: pd.DataFrame,
    *,
    min_confidence: float,
    max_false_share: float = 0.05,
    n_rules: int = 1000,
) -> pd.DataFrame:
    """Keep the rules that chance does not explain, the closest of the frequent ones first.

    Guards against the two ends of a long list: what everybody buys is in most baskets whatever
    else is, and the greatest lifts belong to the rarest pairs. So the 200 rules with most baskets
    beyond chance come first; of these, those that hold in half of the cases, by falling lift (low
    end of its interval), then the others alike; then the rest by baskets beyond chance.

    Parameters
    ----------
    pairs
        `crmlib.features.baskets.basket_pairs`, collected; no row is no rule.
    min_confidence
        Least share of baskets with the antecedent that have the consequent, 0-1.
    max_false_share
        Greatest share of false ones among the pairs kept.
    n_rules
        Rules given at most.

    Returns
    -------
    pandas.DataFrame
        `RULE_COLUMNS`. Each rule has a lift whose interval lies above 1.
    """
    named = (pairs["item_a"] != NO_CATEGORY) & (pairs["item_b"] != NO_CATEGORY)
    if not named.any():
        return pd.DataFrame(columns=list(RULE_COLUMNS)).astype(_NO_RULE)
    rules = pair_rules(pairs[named], min_confidence=min_confidence)
    rules = rules[(rules["q_value"] <= max_false_share) & (rules["lift_low"] > 1)]
    rules = rules.assign(n_extra=(rules["leverage"] * pairs["n_baskets"].iloc[0]).round())
    shares = ["support", "confidence", "confidence_low", "confidence_high"]
    rules = rules.rename(columns={name: f"{name}_share" for name in shares})
    names = ["antecedent", "consequent"]
    rules = rules.sort_values(["n_extra", *names], ascending=[False, True, True]).head(n_rules)
    frequent, rest = rules.head(_FREQUENT), rules.iloc[_FREQUENT:]
    frequent = frequent.assign(holds=frequent["confidence_share"] >= _MOSTLY).sort_values(
        ["holds", "lift_low", *names], ascending=[False, False, True, True]
    )
    return pd.concat([frequent, rest], ignore_index=True)[list(RULE_COLUMNS)]


_NO_RULE = dict.fromkeys(RULE_COLUMNS, "float64") | {"antecedent": "str", "consequent": "str"}


def largest_items(totals: pd.DataFrame, *, n_items: int) -> list[str]:
    """Name the items most customers bought; of ties the first by name.

    Parameters
    ----------
    totals
        `crmlib.features.first_purchases.item_totals`, collected.

    Examples
    --------
    >>> totals = pd.DataFrame({"item": ["b", "a", "c"], "n_customers": [2, 2, 9]})
    >>> largest_items(totals, n_items=2)
    ['a', 'c']
    """
    named = totals[totals["item"] != NO_CATEGORY]
    order = named.sort_values(["n_customers", "item"], ascending=[False, True])
    return sorted(order["item"].head(n_items))


def followers_worth(
    followers: pd.DataFrame, totals: pd.DataFrame, visits: pd.DataFrame
) -> pd.DataFrame:
    """Add what the effects on the order after were worth in sales, of all first buyers together.

    Parameters
    ----------
    followers
        `crmlib.evaluation.followers.followers`.
    totals
        `crmlib.features.first_purchases.item_totals`, collected: what an order day with the item
        brings of it.
    visits
        What `followers` was worked out from, of all customers or a sample: its sales say which
        share of all the sample is.

    Returns
    -------
    pandas.DataFrame
        The same rows with `extra_amount`, `extra_low_amount`, `extra_high_amount`: buyers x effect
        x mean sales of the second item on a day with it, for all customers.
    """
    require_columns(followers, ["second", "n_buyers", "effect_share"], what="The table of effects")
    per_day = totals["net_cents"] / 100 / totals["n_order_days"].clip(lower=1)
    share = int(visits["net_cents"].sum()) / max(int(totals["net_cents"].sum()), 1) or 1.0
    of_second = followers["second"].map(dict(zip(totals["item"], per_day, strict=True)))
    amount = of_second.astype(float) * followers["n_buyers"] / share
    return followers.assign(
        extra_amount=amount * followers["effect_share"],
        extra_low_amount=amount * followers["effect_low_share"],
        extra_high_amount=amount * followers["effect_high_share"],
    )


def with_kinds(rules: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """Put the category behind the products of rules, since a number tells a reader nothing.

    Parameters
    ----------
    rules
        From `strong_rules`, of products.
    products
        `product_id` and, where known, `category`.
    """
    if "category" not in products:
        return rules
    listed = products.dropna(subset=["category"]).drop_duplicates("product_id")
    kinds = listed.set_index("product_id")["category"]
    named = {}
    for side in ("antecedent", "consequent"):
        kind = rules[side].map(kinds)
        named[side] = rules[side].where(kind.isna(), rules[side] + ", " + kind.astype("str"))
    return rules.assign(**named)


def slow_limit(totals: pd.DataFrame, *, min_baskets: int) -> int:
    """Give the sales, in cents, that half of the items in enough baskets do not exceed.

    Parameters
    ----------
    totals
        `crmlib.features.first_purchases.item_totals`, collected.

    Examples
    --------
    >>> totals = pd.DataFrame({"n_order_days": [60, 70, 80, 2], "net_cents": [100, 300, 900, 1]})
    >>> slow_limit(totals, min_baskets=50)
    300
    """
    sold = totals.loc[totals["n_order_days"] >= min_baskets, "net_cents"]
    return int(sold.median()) if len(sold) else 0


def total_worth(followers: pd.DataFrame) -> tuple[float, float, float]:
    """Add up what the pairs found are worth, with the interval of the sum.

    The errors of the pairs count as independent of each other.

    Parameters
    ----------
    followers
        From `followers_worth`.

    Returns
    -------
    tuple of float
        Value, low and high end; account currency.
    """
    found = followers[followers["is_found"]]
    value = float(found["extra_amount"].sum())
    reach = (found["extra_high_amount"] - found["extra_low_amount"]) / 2
    half = float((reach**2).sum()) ** 0.5
    return value, value - half, value + half


def in_short(followers: pd.DataFrame) -> pd.DataFrame:
    """Keep the columns of the effects on the next order that a reader needs first."""
    names = ["first", "second", "n_buyers", "before_rate", "after_rate", "effect_share"]
    names += ["effect_low_share", "effect_high_share", "placebo_share", "q_value", "is_found"]
    return followers[names]


def slow_sellers(value: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """Name the slow sellers found in large baskets with what the product master says of them.

    Parameters
    ----------
    value
        `crmlib.evaluation.slow_sellers.basket_value`.
    products
        `product_id` and any of `category`, `subcategory`.
    """
    known = [name for name in ("category", "subcategory") if name in products]
    found = value[value["is_found"]].rename(columns={"item": "product_id", "n_baskets": "n_orders"})
    for name in known:
        kinds = dict(zip(products["product_id"], products[name], strict=True))
        found[name] = found["product_id"].map(kinds).astype("str")
    return found[["product_id", *known, *_SLOW_COLUMNS]].reset_index(drop=True)


_SLOW_COLUMNS = [
    "n_orders",
    "n_customers",
    "own_amount",
    "rest_amount",
    "expected_amount",
    "excess_amount",
    "excess_low_amount",
    "excess_high_amount",
    "total_amount",
]


def pairs_to_offer(followers: pd.DataFrame, rules: pd.DataFrame) -> pd.DataFrame:
    """Choose the pairs of which the second item is worth an offer to buyers of the first.

    Those whose first purchase helps to sell the second, and the first five rules.

    Returns
    -------
    pandas.DataFrame
        `first`, `second`, each pair once.
    """
    found = followers[followers["is_found"]]
    best = rules.head(_N_RULES_OFFERED)
    chosen = [
        *zip(found["first"], found["second"], strict=True),
        *zip(best["antecedent"], best["consequent"], strict=True),
    ]
    unique = list(dict.fromkeys((str(first), str(second)) for first, second in chosen))
    first = unique[: len(found) + _N_RULES_OFFERED]
    return pd.DataFrame(first, columns=["first", "second"], dtype="str")


def customers_to_offer(
    waiting: pd.DataFrame,
    followers: pd.DataFrame,
    *,
    window: Window,
    n_customers: int = 5000,
) -> pd.DataFrame:
    """List customers who bought the first item of a pair lately and have never bought the second.

    Parameters
    ----------
    waiting
        `crmlib.features.first_purchases.buyers_without`, collected.
    followers
        `crmlib.evaluation.followers.followers`.
    window
        Of a pair found to follow a first purchase, only customers whose first purchase lies in it
        are listed: for the others the time is over.
    n_customers
        Rows given at most.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `bought`, `offer`, `basis`, `first_bought_on`, `n_orders` and `net_amount`
        (of the item bought), first those whose first purchase is fresh, then by sales.
    """
    found = followers[followers["is_found"]]
    pairs = set(zip(found["first"], found["second"], strict=True))
    listed = waiting.assign(
        basis=[
            _FOLLOWS if pair in pairs else _TOGETHER
            for pair in zip(waiting["first"], waiting["second"], strict=True)
        ]
    )
    listed = listed[(listed["basis"] == _TOGETHER) | (listed["first_day"] >= window.first_day)]
    table = pd.DataFrame(
        {
            "customer_id": listed["customer_id"].astype("str"),
            "bought": listed["first"].astype("str"),
            "offer": listed["second"].astype("str"),
            "basis": listed["basis"].astype("str"),
            "first_bought_on": [day_text(day) for day in listed["first_day"]],
            "n_orders": listed["n_order_days"],
            "net_amount": listed["net_cents"] / 100,
        }
    )
    order = ["basis", "net_amount", "customer_id", "offer"]
    table = table.sort_values(order, ascending=[False, False, True, True], ignore_index=True)
    return table.head(n_customers)


def actions_from_cross_selling(
    offers: pd.DataFrame, followers: pd.DataFrame, slow: pd.DataFrame
) -> pd.DataFrame:
    """Turn pairs, customers to make an offer and slow sellers into actions.

    Parameters
    ----------
    offers
        From `customers_to_offer`.
    followers
        From `crmlib.evaluation.followers.followers`.
    slow
        From `slow_sellers`.
    """
    fresh, others = (offers[offers["basis"] == basis] for basis in (_FOLLOWS, _TOGETHER))
    n_found, n_looked = int(followers["is_found"].sum()), len(followers)
    lines = [
        attention.Action(
            "Offer what usually follows to those who bought the first item for the first time",
            who="recent first buyers without the item that follows",
            n_customers=fresh["customer_id"].nunique(),
            net_amount=float(fresh["net_amount"].sum()),
            evidence=f"observational: {n_found} of {n_looked:,} pairs beyond chance",
        ),
        attention.Action(
            "Offer together what is bought together",
            who="recent buyers of the one who never bought the other",
            n_customers=others["customer_id"].nunique(),
            net_amount=float(others["net_amount"].sum()),
        ),
    ]
    if len(slow):
        lines.append(
            attention.Action(
                "Keep slow sellers that go with large baskets",
                when=attention.LATER,
                who=f"customers of the first of {len(slow)} such products",
                n_customers=int(slow["n_customers"].iloc[0]),
                net_amount=float(slow["rest_amount"].iloc[0] * slow["n_orders"].iloc[0]),
                evidence="observational: large baskets go with them",
            )
        )
    return attention.actions(*lines)
