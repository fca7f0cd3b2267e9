"""A million mutated specs through the whole linter: what `mutations` draws comes in, and is held to the laws.

1. Nothing but diagnostics comes of any text: each has a known code, a place inside its file, sentences of a bounded
   length. No other exception comes out, and nothing takes longer than a second or much memory.
2. The same text gives the same answer.
3. Every format writes what was found, as text without control characters that a reader of the format reads.
4. A text in the one layout is in it, and says the same; fixes bring no error into a spec that has none.

The first law is held on every text, the others on some. `python tests/fuzz.py --count 1000000 --seed 1` does it;
with `--state FILE` it goes on where it was stopped. A text that breaks a law is kept in `--keep FOLDER`, and its
number alone (`--first NUMBER --count 1`) draws it again.
"""

import argparse
import json
import re
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import FrameType
from xml.etree import ElementTree as ET

from clock import within
from mutations import Mutations, Text, corpus

from archspec.diagnostic import CODES, Diagnostic, Span, SpecError
from archspec.fmt import fmt
from archspec.formats import COUNTED, FORMATS, Findings, written
from archspec.lint.judging import verdict
from archspec.lint.mend import mend
from archspec.lint.settings import Choice, Settings
from archspec.output import write
from archspec.pipeline import Request
from archspec.source import Source, parse

ALL = Settings((Choice(select=("AS",)),))
"""Every rule, those too that a project must ask for."""

SECONDS, MEND_SECONDS = 1.0, 10.0  # for one text, of the processor
STUCK = 60  # seconds of the processor after which a text is given up
MEGABYTES = 200  # that the process may grow by
LONGEST = 2_000  # characters of a sentence

_BREAK = re.compile(r"\r\n?|\n")
_CONTROL = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


@dataclass(frozen=True)
class Answer:
    """What the linter says of a text, and the texts of the files that were read for it."""

    diagnostics: tuple[Diagnostic, ...]
    files: dict[str, str]
    source: Source | None = None

    @property
    def kind(self) -> str:
        worst = {one.severity for one in self.diagnostics}
        return "unread" if self.source is None else next(
            (kind for kind in ("error", "warning", "note") if kind in worst), "nothing found"
        )  # fmt: skip


def answer(text: Text) -> Answer:
    """Return what `archspec lint` finds in a file of this text."""
    name = text.path.name
    try:
        source = parse(text.data, name, path=text.path)
    except SpecError as error:
        return Answer(error.diagnostics, {name: text.data.decode(errors="replace").removeprefix("\ufeff")})
    found = verdict(source, Request(), ALL)
    return Answer(found.diagnostics, {each.file: each.text for each in reversed(found.sources)}, source)


# The laws


def obeys(text: Text, number: int = 0) -> tuple[Answer, float]:
    """Hold a text to the first law, and by its number to another; return the answer and what it took."""
    start = time.process_time()
    found = answer(text)
    seconds = time.process_time() - start
    if seconds > SECONDS:
        within(SECONDS, lambda: answer(text))
    is_said_well(found, text)
    check = (answers_the_same, is_written, has_a_layout, is_mended)[number // 4 % 4] if number % 4 == 0 else None
    if check is not None:
        check(found, text)
    return found, seconds


def is_said_well(found: Answer, text: Text) -> None:
    assert found.source is not None or found.diagnostics
    for one in found.diagnostics:
        assert one.code in CODES, one
        assert one.severity in ("error", "warning", "note"), one
        said = [one.message, *one.notes, *([] if one.help is None else [one.help])]
        said += [*(label.text for label in one.labels), *(fix.message for fix in one.fixes)]
        assert all(0 < len(sentence) <= LONGEST for sentence in said), one.code
        spans = [one.span, *(label.span for label in one.labels), *one.trail]
        for span in (*spans, *(edit.span for fix in one.fixes for edit in fix.edits)):
            is_inside(span, found, text)


def is_inside(span: Span, found: Answer, text: Text) -> None:
    whole = found.files.get(span.file)
    if whole is None:  # a base that could not be read
        whole = (text.path.parent / span.file).read_bytes().decode(errors="replace")
    starts = line_starts(whole)
    assert 1 <= span.line <= span.end_line <= len(starts), span
    for line, column in ((span.line, span.column), (span.end_line, span.end_column)):
        end = starts[line] if line < len(starts) else len(whole)
        assert 1 <= column <= end - starts[line - 1] + 1, span
    assert (span.line, span.column) <= (span.end_line, span.end_column), span


@lru_cache(maxsize=4)
def line_starts(whole: str) -> list[int]:
    return [0, *(match.end() for match in _BREAK.finditer(whole))]


def answers_the_same(found: Answer, text: Text) -> None:
    assert answer(text).diagnostics == found.diagnostics


def is_written(found: Answer, text: Text) -> None:
    findings = Findings(found.diagnostics[:50], (text.path.name,))
    shown = {form: written(form, findings) for form in FORMATS}
    shown |= {f"{form}, counted": written(form, findings, counts=True) for form in COUNTED}
    for form, output in shown.items():
        assert not _CONTROL.search(output), form
        output.encode()
    for form in ("json", "gitlab", "sarif", "json, counted"):
        json.loads(shown[form])
    assert [json.loads(line)["code"] for line in shown["json-lines"].splitlines()] == [
        one.code for one in findings.diagnostics
    ]
    assert len(shown["concise"].splitlines()) == len(findings.diagnostics)
    assert len(shown["github"].splitlines()) == len(findings.diagnostics)
    ET.fromstring(shown["junit"])  # noqa: S314


def has_a_layout(found: Answer, text: Text) -> None:
    if found.source is None:
        return
    try:
        once = fmt(found.source)
    except SpecError:
        return
    again = parse(once, found.source.file, path=text.path)
    assert fmt(again) == once
    assert counted(verdict(again, Request(), ALL).diagnostics) == counted(found.diagnostics)


def counted(found: tuple[Diagnostic, ...]) -> Counter[str]:
    return Counter(one.code for one in found)


def is_mended(found: Answer, text: Text) -> None:
    source = found.source
    if source is None or not any(one.fixes for one in found.diagnostics):
        return
    start = time.process_time()
    mended = mend(source, Request(), ALL, unsafe=len(text.data) % 2 == 0)
    assert time.process_time() - start < MEND_SECONDS, "mending takes long"
    after = answer(Text(text.path, mended.source.text.encode()))
    assert after.source is not None
    assert found.kind == "error" or after.kind != "error"


# Many of them


@dataclass
class State:
    """How far a run is, and what it has seen."""

    seed: int
    first: int = 0
    next: int = 0
    seconds: float = 0.0  # of the processor
    kinds: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)  # texts in which each is found
    broken: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, int, str] = (0.0, 0, "")  # seconds, number, file that was changed
    megabytes: int = 0

    @classmethod
    def load(cls, path: Path) -> "State":
        kept = json.loads(path.read_text())
        return cls(**kept | {name: Counter(kept[name]) for name in ("kinds", "codes", "broken")})

    def save(self, path: Path) -> None:
        write(path, json.dumps(vars(self)))

    def __str__(self) -> str:
        seconds, number, name = self.slowest
        return (
            f"seed {self.seed}, texts {self.first:,} to {self.next - 1:,}: "
            f"{self.kinds.total():,} in {self.seconds:.0f} s\n"
            + "".join(f"{count:>9,}  {kind}\n" for kind, count in self.kinds.most_common())
            + "".join(f"{count:>9,}  BROKEN {law}\n" for law, count in self.broken.most_common())
            + f"  {len(self.codes)} of {len(CODES)} codes: "
            + ", ".join(f"{code} {count:,}" for code, count in sorted(self.codes.items()))
            + f"\n  slowest: {seconds:.3f} s, text {number:,}, of {name}; the most memory: {self.megabytes} MB"
        )


def campaign(
    state: State, last: int, until: float = float("inf"), keep: Path | None = None, kept: Path | None = None
) -> State:
    """Put the texts up to a number to the laws, as far as the time goes; the state is kept in a file."""
    signal.signal(signal.SIGVTALRM, stuck)
    mutations = Mutations(corpus(), state.seed)
    start, before, small = time.process_time(), state.seconds, megabytes()
    while state.next < last and time.monotonic() < until:
        text, number = mutations.text(state.next), state.next
        signal.setitimer(signal.ITIMER_VIRTUAL, STUCK)
        try:
            found, seconds = obeys(text, number)
            state.kinds[found.kind] += 1
            state.codes.update({one.code for one in found.diagnostics})
            state.slowest = max(tuple(state.slowest), (seconds, number, text.path.name))
            state.megabytes = max(state.megabytes, megabytes())
            assert megabytes() - small < MEGABYTES, f"the process grew from {small} to {megabytes()} MB"
        except Exception as error:  # noqa: BLE001 - whatever it is, the next text follows
            state.kinds["broke a law"] += 1
            broke(state, number, text, error, keep)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        state.next += 1
        state.seconds = before + time.process_time() - start
        if kept is not None and state.next % PACE == 0:
            state.save(kept)
    return state


def broke(state: State, number: int, text: Text, error: Exception, keep: Path | None) -> None:
    """Count what broke a law by where it did; print and keep the first of each."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    law = f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno} ({place.name})"
    state.broken[law] += 1
    if state.broken[law] > 1:
        return
    print(f"text {number}, of {text.path.name}: {law}", flush=True)
    traceback.print_exception(error, limit=-4, file=sys.stdout)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{state.seed}-{number}.yaml").write_bytes(text.data)


def megabytes() -> int:
    """Return the most memory that the process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> (20 if sys.platform == "darwin" else 10)


def stuck(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"no answer in {STUCK} s")


PACE = 1_000
"""Texts after which the state is kept."""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=1_000_000, help="texts")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--first", type=int, default=0, help="the number of the first text")
    options.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    options.add_argument("--state", type=Path, help="keep in this file how far it is, and go on from there")
    options.add_argument("--keep", type=Path, help="put texts that break a law into this folder")
    given = options.parse_args()
    state = State(given.seed, given.first, given.first)
    if given.state is not None and given.state.exists():
        state = State.load(given.state)
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    campaign(state, state.first + given.count, time.monotonic() + given.seconds, given.keep, given.state)
    if given.state is not None:
        state.save(given.state)
    print(state)
    return 1 if state.broken else 0


if __name__ == "__main__":
    sys.exit(main())
