"""Make transaction logs of AMLGentex, an open simulator not of our making, as the figures of minority F1 have them.

    PYTHON bench/trace_logs.py CHECKOUT FOLDER SEED ...

PYTHON is that of an environment with numpy, pandas, scipy, networkx, pyarrow, PyYAML and tqdm, and CHECKOUT a clone of
github.com/aidotse/AMLGentex, in which `src/utils/__init__.py` may be emptied so that generating needs no torch. It is the
template experiment with a quarter of its accounts and of its normal patterns and half as many patterns of networks of each
kind. A log is `FOLDER/SEED/temporal/tx_log.parquet`; one takes one to two minutes of CPU.
"""

import csv
import importlib
import shutil
import sys
from pathlib import Path
from typing import Any

TEMPLATE = "experiments/template_experiment/config"
PARTS = {"accounts.csv": 0.25, "normalModels.csv": 0.25, "alertPatterns.csv": 0.5}


def scaled(path: Path, part: float) -> None:
    """Multiply the counts in the first column of a table by a part."""
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    made = [[str(int(int(row[0]) * part)), *row[1:]] if row and row[0].isdigit() else row for row in rows[1:]]
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows([rows[0], *made])


def make_log(checkout: Path, folder: Path, seed: int) -> None:
    """Make one log from a seed."""
    yaml: Any = importlib.import_module("yaml")
    generator: Any = importlib.import_module("src.data_creation.generator")
    made = (folder / str(seed)).resolve()
    config = made / "config"
    shutil.copytree(checkout / TEMPLATE, config, dirs_exist_ok=True)
    for name, part in PARTS.items():
        scaled(config / name, part)
    for name in ("spatial", "temporal"):
        (made / name).mkdir(exist_ok=True)
    told = yaml.safe_load((config / "data.yaml").read_text(encoding="utf-8"))
    told["general"]["random_seed"] = seed
    told["input"]["directory"] = str(config)
    told["spatial"]["directory"], told["output"]["directory"] = str(made / "spatial"), str(made / "temporal")
    (config / "data.yaml").write_text(yaml.dump(told, sort_keys=False), encoding="utf-8")
    generator.DataGenerator(str(config / "data.yaml"))()


def main(words: list[str]) -> int:
    """Make the logs that are asked for."""
    if len(words) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    checkout = Path(words[0]).resolve()
    sys.path.insert(0, str(checkout))
    for seed in words[2:]:
        make_log(checkout, Path(words[1]), int(seed))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
