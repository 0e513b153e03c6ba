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
from tests.benchmarks import (
    baskets,
    btyd,
    budget,
    experiments,
    features,
    intake,
    knowledge,
    scores,
    simulation,
    uplift,
)
from tests.benchmarks.measure import in_turn, run_command, run_function

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


def section(title: str) -> None:
    sys.stdout.write(f"\n{title}\n")


def iteration(folder: Path) -> None:
    """One iteration on Complete Journey."""
    for part in ("notebooks", "crm.yaml"):
        (folder / part).symlink_to(PROJECT / part)
    settings = Settings(source="complete-journey", time_zone="America/New_York", folder=folder)
    snapshot = load(settings)
    stages(snapshot)
    whole_iteration(folder, snapshot)


def intakes(folder: Path) -> None:
    """Intake with all rules."""
    say("Complete Journey / pandas without rules", intake.complete_journey(folder))
    for name, options in {
        "10 million lines, Parquet, in order of time": {"ending": "parquet"},
        "10 million lines, Parquet, shuffled": {"ending": "parquet", "order": "hash(i)"},
        "10 million lines, CSV": {"ending": "csv"},
    }.items():
        say(f"{name} / pandas", intake.ten_million_lines(folder, **options))


def budgets(_folder: Path) -> None:
    """Allocation of a budget."""
    say("100,000 cells", budget.hundred_thousand_cells())
    say("30 cells / scipy SLSQP", budget.against_scipy())


def uplifts(folder: Path) -> None:
    """Uplift learners against scikit-uplift."""
    for line in uplift.learners_and_qini(folder):
        say("uplift", line)


PARTS: dict[str, Callable[[Path], object]] = {
    "iteration": iteration,
    "intake": intakes,
    "features": lambda _folder: features.main(large=True),
    "simulation": lambda _folder: simulation.main([10_000, 100_000, 1_000_000]),
    "btyd": btyd.main,
    "experiments": lambda _folder: experiments.main(),
    "uplift": uplifts,
    "baskets": baskets.main,
    "budget": budgets,
    "scores": scores.main,
    "knowledge": knowledge.main,
}


def main(names: list[str]) -> None:
    """Run the parts named, or all."""
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        raise SystemExit(f"No benchmark {', '.join(unknown)}; there are {', '.join(PARTS)}.")
    for name in names or PARTS:
        section(f"{name}: ours against the other, medians")
        with tempfile.TemporaryDirectory() as folder:
            PARTS[name](Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
