"""Metrics as Prometheus reads them, and those of the process itself."""

from collections.abc import Iterator
from itertools import accumulate
from typing import cast

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from parley.ports.measures import Family, Histogram, Source

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Exposition:
    """Asks its source at each reading; keeps nothing."""

    def __init__(self, source: Source) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Collected(source))
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)

    def text(self) -> bytes:
        """Everything, as it stands now."""
        return generate_latest(self._registry)


class _Collected(Collector):
    def __init__(self, source: Source) -> None:
        self._source = source

    def describe(self) -> Iterator[Metric]:
        """Nothing: registering must not ask the source, which may not stand yet."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        return (_metric(family) for family in self._source())


def _metric(family: Family) -> Metric:
    names = sorted({name for labels, _ in family.values for name in labels})
    kinds = {
        "counter": CounterMetricFamily,
        "gauge": GaugeMetricFamily,
        "histogram": HistogramMetricFamily,
    }
    metric = kinds[family.kind](family.name, family.meaning, labels=names)
    for labels, value in family.values:
        given = [labels[name] for name in names]
        if isinstance(value, Histogram):
            metric.add_metric(given, _buckets(value), value.total)
        else:
            metric.add_metric(given, value)
    return cast("Metric", metric)  # the library says of its classes that they may be anything


def _buckets(histogram: Histogram) -> list[tuple[str, int]]:
    bounds = [*map(str, map(float, histogram.bounds)), "+Inf"]
    return list(zip(bounds, accumulate(histogram.counts), strict=True))
