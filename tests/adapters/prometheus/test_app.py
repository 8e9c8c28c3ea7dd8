"""The port of its own: `/metrics`, and nothing else."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from parley.adapters.prometheus.app import metrics_app
from parley.adapters.prometheus.exposition import Exposition


async def asked(method: str, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=metrics_app(Exposition(list)))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        return await client.request(method, path)


async def test_metrics_are_text_that_a_prometheus_reads() -> None:
    answer = await asked("GET", "/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert list(text_string_to_metric_families(answer.text))


async def test_there_is_nothing_else_and_nothing_to_write() -> None:
    assert (await asked("GET", "/v1/me")).status_code == 404
    assert (await asked("POST", "/metrics")).status_code == 405
