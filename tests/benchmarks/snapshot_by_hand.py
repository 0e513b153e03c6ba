"""The 24-column customer table as one would write it by hand: in DuckDB's SQL, and in pandas."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

SQL = """
with known as (
  select * from read_parquet('{lines}') where customer_id is not null and occurred_day <= {day}),
orders as (
  select customer_id, min(occurred_day) as day, sum(net_cents)::bigint as net,
    count(*) filter (quantity >= 0) as bought, count(*) filter (quantity < 0) as returned,
    coalesce(-sum(net_cents) filter (quantity < 0), 0)::bigint as return_cents,
    coalesce(sum(discount_cents) filter (quantity >= 0), 0)::bigint as discount,
    min(channel) as channel, min(region) as region
  from known group by customer_id, transaction_id),
days as (
  select customer_id, day, day - lag(day) over (partition by customer_id order by day) as gap
  from (select distinct customer_id, day from orders where bought > 0)),
gaps as (
  select customer_id, count(*) as n_order_days, quantile_disc(gap, [0.25, 0.5, 0.75]) as q
  from days group by 1),
totals as (
  select customer_id, {day} - max(day) filter (bought > 0) as recency_days,
    count(*) filter (bought > 0) as frequency_orders, sum(net)::bigint as net_cents,
    {day} - min(day) filter (bought > 0) as tenure_days, sum(bought)::bigint as bought,
    sum(returned)::bigint as n_return_lines, sum(return_cents)::bigint as return_cents,
    sum(discount)::bigint as discount,
    count(*) filter (bought > 0 and day > {day} - 90) as n_orders_recent,
    count(*) filter (bought > 0 and day > {day} - 180 and day <= {day} - 90) as n_orders_before,
    coalesce(sum(net) filter (day > {day} - 90), 0)::bigint as net_cents_recent,
    coalesce(sum(net) filter (day > {day} - 180 and day <= {day} - 90), 0)::bigint
      as net_cents_before
  from orders group by 1),
channels as (
  select customer_id, arg_min(channel, (-n, channel)) as main_channel
  from (select customer_id, channel, count(*) as n from orders where bought > 0 group by all)
  group by 1),
regions as (
  select customer_id, arg_min(region, (-n, region)) as main_region
  from (select customer_id, region, count(*) as n from orders where bought > 0 group by all)
  group by 1),
categories as (
  select customer_id, arg_min(category, (-n, category)) as main_category,
    count(*) as n_categories, max(n) / sum(n) as main_category_share
  from (
    select customer_id, category, count(*) as n
    from known join read_parquet('{products}') using (product_id)
    where quantity >= 0 group by all)
  group by 1)
select customer_id, recency_days, frequency_orders,
  net_cents / (100 * frequency_orders) as monetary_amount, net_cents, tenure_days, n_order_days,
  q[1] as gap_q25_days, q[2] as gap_median_days, q[3] as gap_q75_days,
  bought / frequency_orders as basket_lines, n_return_lines, return_cents,
  return_cents / (net_cents + return_cents) as return_share, n_categories, main_category,
  main_category_share, main_channel, main_region,
  discount / (net_cents + return_cents + discount) as discount_share, n_orders_recent,
  n_orders_before, net_cents_recent, net_cents_before
from totals left join gaps using (customer_id) left join channels using (customer_id)
  left join regions using (customer_id) left join categories using (customer_id)
order by customer_id
"""


def in_sql(lines: Path, products: Path, *, day: int) -> pd.DataFrame:
    from crmlib.database.engine import connect

    return connect(memory_limit="1GB").sql(SQL.format(lines=lines, products=products, day=day)).df()


def in_pandas(lines: Path, products: Path, *, day: int) -> pd.DataFrame:
    columns = "transaction_id customer_id product_id quantity channel region occurred_day net_cents"
    known = pd.read_parquet(lines, columns=[*columns.split(), "discount_cents"])
    known = known[known["customer_id"].notna() & (known["occurred_day"] <= day)]
    returned = known["quantity"] < 0
    in_before = known["occurred_day"].between(day - 179, day - 90)
    known = known.assign(
        return_cents=(-known["net_cents"]).where(returned, 0),
        n_return_lines=returned.astype("int64"),
        net_cents_recent=known["net_cents"].where(known["occurred_day"] > day - 90, 0),
        net_cents_before=known["net_cents"].where(
            known["occurred_day"].between(day - 179, day - 90), 0
        ),
        discount=known["discount_cents"].where(~returned, 0),
    )
    sums = ["net_cents", "return_cents", "n_return_lines", "net_cents_recent"]
    sums += ["net_cents_before", "discount"]
    table = known.groupby("customer_id")[sums].sum()
    bought = known[~returned]
    table["bought"] = bought.groupby("customer_id").size()
    orders = bought.groupby(["customer_id", "transaction_id"]).agg(
        day=("occurred_day", "min"), channel=("channel", "min"), region=("region", "min")
    )
    orders = orders.reset_index()
    by_customer = orders.groupby("customer_id")["day"]
    table["frequency_orders"] = by_customer.size()
    table["recency_days"] = day - by_customer.max()
    table["tenure_days"] = day - by_customer.min()
    table["n_orders_recent"] = orders[orders["day"] > day - 90].groupby("customer_id").size()
    in_before = orders["day"].between(day - 179, day - 90)
    table["n_orders_before"] = orders[in_before].groupby("customer_id").size()
    days = orders[["customer_id", "day"]].drop_duplicates().sort_values(["customer_id", "day"])
    table["n_order_days"] = days.groupby("customer_id").size()
    days["gap"] = days.groupby("customer_id")["day"].diff()
    gaps = days.groupby("customer_id")["gap"].quantile([0.25, 0.5, 0.75], interpolation="higher")
    table[["gap_q25_days", "gap_median_days", "gap_q75_days"]] = gaps.unstack()  # noqa: PD010
    for way in ("channel", "region"):
        table[f"main_{way}"] = most_frequent(orders, way)
    bought = bought.merge(pd.read_parquet(products), on="product_id", how="left")
    table["main_category"] = most_frequent(bought, "category")
    counts = bought.groupby(["customer_id", "category"]).size().groupby("customer_id")
    table["n_categories"] = counts.size()
    table["main_category_share"] = counts.max() / counts.sum()
    paid = table["net_cents"] + table["return_cents"]
    table["monetary_amount"] = table["net_cents"] / table["frequency_orders"] / 100
    table["basket_lines"] = table["bought"] / table["frequency_orders"]
    table["return_share"] = table["return_cents"] / paid
    table["discount_share"] = table["discount"] / (paid + table["discount"])
    return table.fillna({"n_orders_recent": 0, "n_orders_before": 0})


def most_frequent(rows: pd.DataFrame, column: str) -> pd.Series:
    counts = rows.groupby(["customer_id", column]).size().rename("n").reset_index()
    counts = counts.sort_values(["customer_id", "n", column], ascending=[True, False, True])
    return counts.drop_duplicates("customer_id").set_index("customer_id")[column]


if __name__ == "__main__":
    way, lines, products, day = sys.argv[1:]
    {"sql": in_sql, "pandas": in_pandas}[way](Path(lines), Path(products), day=int(day))
