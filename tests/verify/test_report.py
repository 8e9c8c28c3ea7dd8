"""What a verdict says, to people and to machines."""

import json

from parley.verify.checker import CHECKS, examine
from parley.verify.figures import Figures, percentile
from parley.verify.history import History
from parley.verify.report import Verdict, as_json, lines
from parley.verify.run import Options
from tests.verify.histories import BEN, a_history, said, told


def verdict(history: History, messages: int = 3) -> Verdict:
    figures = Figures(messages=messages, latencies=[0.01, 0.02, 0.03])
    figures.server["kill"] = 2
    figures.server["pause"] = 1
    return Verdict("a server", Options(seed=17), figures, examine(history))


def broken() -> History:
    history = a_history()
    history.commands.append(told(said(10, BEN)))
    return history


def test_a_verdict_names_every_check_and_the_seed() -> None:
    text = "\n".join(lines(verdict(a_history())))
    assert all(check.promise in text for check in CHECKS)
    assert "HOLDS" in text
    assert "--seed 17" in text


def test_a_violation_is_shown_with_its_evidence() -> None:
    text = "\n".join(lines(verdict(broken())))
    assert "BROKEN 1 times" in text
    assert "c10 of ben" in text


def test_what_could_not_be_looked_at_is_not_said_to_hold() -> None:
    history = a_history()
    history.standings = {}
    found = {one.promise: one.applies for one in examine(history)}
    assert not found["read positions move forwards only"]


def test_a_run_without_a_message_proves_nothing() -> None:
    nothing = verdict(History(), messages=0)
    assert not nothing.holds
    assert "NOTHING PROVED" in "\n".join(lines(nothing))


def test_machines_get_every_violation() -> None:
    said = json.loads(as_json(verdict(broken())))
    assert not said["holds"]
    assert [one["code"] for one in said["violations"]] == ["lost"]
    assert said["done"]["kills"] == 2
    assert said["done"]["latency_ms"] == {"p50": 20.0, "p99": 30.0}
    assert said["options"]["seed"] == 17


def test_percentiles() -> None:
    values = [float(number) for number in range(1, 101)]
    assert (percentile(values, 50), percentile(values, 99), percentile([], 50)) == (51, 100, 0)
