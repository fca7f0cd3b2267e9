"""The tools that are compared, and what stands about each in its folder here."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

__all__ = ["TOOLS", "Tool"]

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Tool:
    """A tool: its name on the index, its language, and whether it runs text that stands in a spec.

    Its folder holds `adapter.py`, what must be installed for it (`requirements.txt`, the tool first), ResNet-50,
    a small net that is right, and ten that are wrong. `place` is where the text is run or looked up: a file of
    the tool's source, and what stands there.
    """

    name: str
    language: str
    folder: Path
    suffix: str
    runs: str
    place: tuple[str, str] | None = None

    @property
    def requirements(self) -> Path:
        """What pip installs; there is none for archspec, which is here."""
        return self.folder / "requirements.txt"

    @property
    def version(self) -> str:
        """The version that is compared."""
        if not self.requirements.exists():
            return version("archspec-nn")
        return self.requirements.read_text(encoding="utf-8").split()[0].partition("==")[2]

    @property
    def net(self) -> Path:
        """ResNet-50."""
        return self.folder / f"resnet50{self.suffix}"

    @property
    def right(self) -> Path:
        """A small net without a mistake: proof that the wrong ones are refused for what is wrong in them."""
        return self.folder / f"right{self.suffix}"

    @property
    def wrong(self) -> dict[str, Path]:
        """What is wrong, and the file in which it is."""
        files = sorted((self.folder / "wrong").iterdir())
        return {path.name.removesuffix(self.suffix).replace("-", " "): path for path in files}

    @property
    def lines(self) -> int:
        """The lines of ResNet-50 that are not empty; there are no comments, and no line is over 120 columns."""
        return sum(1 for line in self.net.read_text(encoding="utf-8").splitlines() if line.strip())


TOOLS = (
    Tool("archspec", "YAML", HERE / "archspec", ".yaml", "**no**"),
    Tool(
        "narchi",
        "jsonnet",
        HERE / "narchi",
        ".jsonnet",
        "yes, through sympy",
        ("narchi/sympy.py", "sympy.sympify(value)"),
    ),
    Tool(
        "mlnode",
        "JSON",
        HERE / "mlnode",
        ".json",
        "no, but imports by name",
        ("mlnode/layers/custom.py", "importlib.import_module("),
    ),
    Tool(
        "n-orca",
        "Markdown",
        HERE / "n_orca",
        ".n.orca.md",
        "yes, guarded",
        ("n_orca/verifier/verifier.py", "eval(substituted"),
    ),
    Tool(
        "torcharc",
        "YAML",
        HERE / "torcharc",
        ".yaml",
        "calls torch by name",
        ("torcharc/module/fn.py", "getattr(torch, name)"),
    ),
    Tool(
        "structcast-model",
        "YAML, Jinja",
        HERE / "structcast",
        ".yaml",
        "yes",
        ("structcast_model/builders/utils.py", "raw[5:].strip()"),
    ),
)
