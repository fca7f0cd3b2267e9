"""Linting different specs of 25 layers from the command line, beside check-jsonschema and yamllint."""

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median

__all__ = ["spec", "table"]

COUNTS = {1: 5, 12: 5, 1_000: 1}  # files, and how often they are linted
YAMLLINT = "{extends: relaxed, rules: {line-length: disable}}"


def spec(seed: int) -> str:
    """Return a convolutional network of 25 layers that no other seed gives."""
    draw = random.Random(seed)  # noqa: S311
    width = draw.choice((16, 24, 32, 40, 48))
    lines = [
        "archspec: 1",
        f"name: net-{seed}",
        f"input: [3, {draw.randrange(32, 256)}, {draw.randrange(32, 256)}]",
        f"parameters: {{num_classes: {draw.randrange(2, 1000)}}}",
        "layers:",
    ]
    for stage in range(7):
        kernel = draw.choice((1, 3, 5, 7))
        lines += [
            f"  conv{stage}:",
            "    op: Conv2d",
            f"    out_channels: {width * (1 + stage // 2)}",
            f"    kernel_size: {kernel}",
            f"    padding: {kernel // 2}",
            "    bias: false",
            f"  norm{stage}: BatchNorm2d",
            f"  relu{stage}: ReLU",
        ]
    lines += [
        "  pool: {op: AdaptiveAvgPool2d, output_size: 1}",
        "  flatten: Flatten",
        f"  drop: {{op: Dropout, p: 0.{draw.randrange(1, 9)}}}",
        "  head: {op: Linear, out_features: num_classes}",
    ]
    return "\n".join(lines) + "\n"


def seconds(command: list[str], environment: Mapping[str, str]) -> float:
    """Return the processor time of a command that finds nothing wrong.

    Every tool has its modules compiled, as an installed one has: those of a checkout are kept in a folder of ours.
    """
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, env={**inherited, **environment})
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def table() -> Iterator[str]:
    yield f"{'files':>5}{'archspec, cold':>18}{'warm':>10}{'check-jsonschema':>20}{'yamllint':>12}   (CPU seconds)"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        archspec = [sys.executable, "-m", "archspec"]
        printed = subprocess.run([*archspec, "schema"], check=True, capture_output=True).stdout
        (root / "schema.json").write_bytes(printed)
        here = {"ARCHSPEC_CACHE_DIR": str(root / "cache"), "PYTHONPYCACHEPREFIX": str(root / "compiled")}
        for count, times in COUNTS.items():
            nets = root / f"nets{count}"
            nets.mkdir()
            for seed in range(count):
                (nets / f"net{seed}.yaml").write_text(spec(seed))
            files = sorted(map(str, nets.glob("*.yaml")))
            commands = {
                "cold": [*archspec, "lint", "--no-cache", str(nets)],
                "warm": [*archspec, "lint", str(nets)],
                "check-jsonschema": [sys.executable, "-m", "check_jsonschema", "--schemafile",
                                     str(root / "schema.json"), *files],
                "yamllint": [sys.executable, "-m", "yamllint", "-d", YAMLLINT, str(nets)],
            }  # fmt: skip
            for command in commands.values() if count == 1 else [commands["warm"]]:
                seconds(command, here)  # uncounted: it compiles modules and fills the cache
            cold, warm, schema, yamllint = (
                median(seconds(command, here) for _ in range(times)) for command in commands.values()
            )
            yield f"{count:>5}{cold:>16.3f} s{warm:>8.3f} s{schema:>18.3f} s{yamllint:>10.3f} s"
