"""What a Prometheus reads of our numbers."""

from prometheus_client.parser import text_string_to_metric_families

from parley.adapters.prometheus.exposition import Exposition
from parley.ports.measures import Family, Histogram


def read(*families: Family) -> dict[str, float]:
    """Each sample, as a Prometheus would show it."""
    text = Exposition(lambda: families).text().decode()
    return {
        sample.name
        + "".join(f" {name}={value}" for name, value in sorted(sample.labels.items())): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_counters_and_gauges_have_their_values_by_label() -> None:
    counts = [({"code": "invalid", "by": "a"}, 3), ({"code": 'odd "one"\n\\', "by": "a"}, 4)]
    found = read(
        Family(name="asked", kind="counter", meaning="How often.", values=counts),
        Family(name="here", kind="gauge", meaning="How many.", values=[({}, 7)]),
    )
    assert found["asked_total by=a code=invalid"] == 3
    assert found['asked_total by=a code=odd "one"\n\\'] == 4
    assert found["here"] == 7


def test_a_histogram_counts_up_to_each_bound_and_what_is_at_a_bound_is_within() -> None:
    took = Histogram((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 30.0):
        took.observe(seconds)
    found = read(Family(name="took", kind="histogram", meaning="Seconds.", values=[({}, took)]))
    assert [found[f"took_bucket le={bound}"] for bound in ("0.1", "1.0", "+Inf")] == [2, 3, 4]
    assert (found["took_count"], found["took_sum"]) == (4, 30.65)


def test_a_metric_without_a_value_yet_is_announced() -> None:
    text = Exposition(
        lambda: [Family(name="refused", kind="counter", meaning="By code.", values=[])]
    ).text()
    assert b"# TYPE refused_total counter" in text


def test_the_process_tells_of_itself() -> None:
    assert "python_info" in Exposition(list).text().decode()


def test_it_asks_its_source_at_each_reading_and_not_before() -> None:
    asked = []

    def source() -> list[Family]:
        asked.append(len(asked))
        return [Family(name="n", kind="gauge", meaning="N.", values=[({}, len(asked))])]

    exposition = Exposition(source)
    assert asked == []
    assert b"\nn 1.0\n" in exposition.text()
    assert b"\nn 2.0\n" in exposition.text()
