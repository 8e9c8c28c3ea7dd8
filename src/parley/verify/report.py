"""The verdict: what was done, what was checked, and what was found, for people and for machines."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from parley.verify.checker import CHECKS
from parley.verify.figures import Figures, percentile
from parley.verify.history import Violation
from parley.verify.run import Options

SHOWN: Final = 3
"""So many violations of a kind are shown with their evidence; `--json` has them all."""


class Verdict(Struct, frozen=True):
    """The end of a run. It holds if nothing was found and something was done."""

    server: str
    options: Options
    figures: Figures
    violations: Sequence[Violation]

    @property
    def holds(self) -> bool:
        """Whether the promises do."""
        return not self.violations and self.figures.messages > 0


def as_json(verdict: Verdict) -> bytes:
    """One object, with every violation."""
    counts = {
        name: value
        for name, value in msgspec.to_builtins(verdict.figures).items()
        if name != "latencies"
    }
    return msgspec.json.encode(
        {
            "holds": verdict.holds,
            "server": verdict.server,
            "options": verdict.options,
            "done": counts | {"kills": verdict.figures.kills(), "latency_ms": _latency(verdict)},
            "checked": [words for words, _ in CHECKS],
            "violations": verdict.violations,
        }
    )


def lines(verdict: Verdict) -> Iterator[str]:
    """For people."""
    yield from _done(verdict)
    yield ""
    yield from _checked(verdict)
    yield ""
    yield from _found(verdict)
    yield f"Again with the same choices: --seed {verdict.options.seed}"


def _done(verdict: Verdict) -> Iterator[str]:
    figures, options = verdict.figures, verdict.options
    latency = _latency(verdict)
    server = ", ".join(f"{count:,} {name}" for name, count in sorted(figures.server.items()))
    yield f"{verdict.server}, {options.seconds:g} s, seed {options.seed}"
    yield f"  messages      {figures.messages:,} of {figures.commands:,} commands, {figures.refused:,} refused"
    yield f"  entries       {figures.entries:,} in the logs, {figures.arrivals:,} arrivals at devices"
    yield f"  server        {server or 'left alone'}"
    yield f"  network       {figures.cuts:,} connections broken"
    yield f"  clients       {figures.goings:,} went and came back, {figures.newcomers:,} new devices"
    yield f"  connections   {figures.connections:,}; {figures.recovered:,} recovered, {figures.synced:,} caught up"
    yield f"  retries       {figures.retries:,}; {figures.asked_twice:,} commands sent again after their answer"
    yield f"  answers       p50 {latency['p50']:.1f} ms, p99 {latency['p99']:.1f} ms to a first attempt"


def _checked(verdict: Verdict) -> Iterator[str]:
    yield f"checked, over all {verdict.figures.entries:,} entries and every device:"
    for words, _ in CHECKS:
        yield f"  {words}"


def _found(verdict: Verdict) -> Iterator[str]:
    if verdict.holds:
        yield "HOLDS: no promise was broken."
        return
    if not verdict.violations:
        yield "NOTHING PROVED: no message was sent."
        return
    yield f"BROKEN: {len(verdict.violations):,} violations."
    kinds = Counter((one.promise, one.code) for one in verdict.violations)
    for (promise, code), count in kinds.most_common():
        yield f"  {promise}: {code} ({count:,})"
        same = [one for one in verdict.violations if (one.promise, one.code) == (promise, code)]
        for one in same[:SHOWN]:
            yield f"    {one.evidence}"


def _latency(verdict: Verdict) -> dict[str, Any]:
    seconds = verdict.figures.latencies
    return {f"p{percent}": round(percentile(seconds, percent) * 1000, 2) for percent in (50, 99)}
