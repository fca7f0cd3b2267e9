"""Names of benchmarks (if none, all but peers and inference) → their tables: `python -m benchmarks forward memory`."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the networks by hand are the tests' oracles

from benchmarks import build, check, draw, forward, inference, lint, memory, peers, scale

ALL = {"check": check, "draw": draw, "build": build, "forward": forward, "memory": memory, "scale": scale, "lint": lint}
ASKED_FOR = {"peers": peers, "inference": inference}  # one needs the package index, one a C++ compiler; and minutes


def main(names: list[str]) -> None:
    known = ALL | ASKED_FOR
    unknown = set(names) - set(known)
    if unknown:
        sys.exit(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, one thread, Python {sys.version.split()[0]}")
    for name in names or ALL:
        print(f"\n{name}\n")
        for line in known[name].table():
            print(line, flush=True)


main(sys.argv[1:])
