"""The verdict: what was done, what was checked, and what was found, for people and for machines."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from parley.verify.checker import Finding
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
    findings: Sequence[Finding]

    @property
    def violations(self) -> list[Violation]:
        """All of them, in the order of the checks."""
        return [one for finding in self.findings for one in finding.violations]

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
            "checked": [one.promise for one in verdict.findings if one.applies],
            "violations": verdict.violations,
        }
    )


def problem_as_json(server: str, options: Options, problem: str) -> bytes:
    """One object where there is no verdict: why."""
    return msgspec.json.encode(
        {"holds": False, "server": server, "options": options, "problem": problem}
    )


def lines(verdict: Verdict) -> Iterator[str]:
    """For people."""
    yield from _done(verdict)
    yield ""
    yield from _checked(verdict)
    yield ""
    yield _found(verdict)
    yield f"Again with the same choices: --seed {verdict.options.seed}"


def _done(verdict: Verdict) -> Iterator[str]:
    figures, options = verdict.figures, verdict.options
    server = ", ".join(f"{count:,} {name}" for name, count in sorted(figures.server.items()))
    yield f"{verdict.server}, {options.seconds:g} s, seed {options.seed}"
    yield f"  messages      {figures.messages:,} of {figures.commands:,} commands, {figures.refused:,} refused"
    yield f"  entries       {figures.entries:,} in the logs, {figures.arrivals:,} arrivals at devices"
    yield f"  server        {server or 'left alone'}"
    yield f"  network       {figures.cuts:,} connections broken"
    yield f"  clients       {figures.goings:,} went and came back, {figures.newcomers:,} new devices"
    yield f"  connections   {figures.connections:,}; {figures.recovered:,} recovered, {figures.synced:,} caught up"
    yield f"  retries       {figures.retries:,}; {figures.asked_twice:,} commands sent again after their answer"
    yield f"  answers       {_answers(verdict)}"


def _checked(verdict: Verdict) -> Iterator[str]:
    yield "checked, in every log and on every device"
    for finding in verdict.findings:
        yield f"  {_word(finding):<20} {finding.promise}"
        kinds = Counter(one.code for one in finding.violations)
        for code, of_kind in kinds.most_common():
            yield f"    {code} ({of_kind:,})"
            same = [one.evidence for one in finding.violations if one.code == code]
            yield from (f"      {evidence}" for evidence in same[:SHOWN])


def _word(finding: Finding) -> str:
    if finding.violations:
        return f"BROKEN {len(finding.violations):,} times"
    return "holds" if finding.applies else "has no such thing"


def _found(verdict: Verdict) -> str:
    if verdict.holds:
        return "HOLDS: no promise was broken."
    if verdict.violations:
        return f"BROKEN: {len(verdict.violations):,} violations."
    return "NOTHING PROVED: no message was sent."


def _answers(verdict: Verdict) -> str:
    if not verdict.figures.latencies:
        return "none to a first attempt"
    p50, p99 = (percentile(verdict.figures.latencies, percent) * 1000 for percent in (50, 99))
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms to a first attempt"


def _latency(verdict: Verdict) -> dict[str, Any] | None:
    """None where no first attempt was answered."""
    if not verdict.figures.latencies:
        return None
    seconds = verdict.figures.latencies
    return {f"p{percent}": round(percentile(seconds, percent) * 1000, 2) for percent in (50, 99)}
