"""The outgoing half of long-polling."""

import asyncio
from itertools import chain

import pytest

from parley.socketio.polling import PollAborted, Polling, PollOverlap
from parley.socketio.protocol import engine as eio


async def test_packets_wait_for_a_poll() -> None:
    polling = Polling(16)
    polling.send([b"4a"])
    polling.send([b"4b"])
    assert await polling.poll() == [b"4a", b"4b"]


async def test_a_poll_waits_for_packets_and_takes_all_of_the_tick() -> None:
    polling = Polling(16)
    poll = asyncio.ensure_future(polling.poll())
    await asyncio.sleep(0)
    polling.send([b"4a"])
    polling.send([b"4b"])
    assert await poll == [b"4a", b"4b"]


async def test_an_answer_holds_no_more_than_the_limit_and_the_rest_follows() -> None:
    polling = Polling(16)
    packets = [b"4%d" % number for number in range(40)]
    polling.send(packets)
    answers = [await polling.poll() for _ in range(3)]
    assert [len(answer) for answer in answers] == [16, 16, 8]
    assert list(chain(*answers)) == packets


async def test_a_second_poll_is_an_overlap() -> None:
    polling = Polling(16)
    first = asyncio.ensure_future(polling.poll())
    await asyncio.sleep(0)
    with pytest.raises(PollOverlap):
        await polling.poll()
    polling.release(eio.CLOSE)
    assert await first == [eio.CLOSE]


async def test_only_a_poll_that_waits_is_released() -> None:
    polling = Polling(16)
    polling.release(eio.NOOP)
    assert polling.empty


async def test_an_aborted_poll_fails() -> None:
    polling = Polling(16)
    poll = asyncio.ensure_future(polling.poll())
    await asyncio.sleep(0)
    polling.abort()
    with pytest.raises(PollAborted):
        await poll


async def test_an_upgrade_takes_what_no_poll_has_taken() -> None:
    polling = Polling(16)
    poll = asyncio.ensure_future(polling.poll())
    await asyncio.sleep(0)
    polling.send([b"4a"])
    assert polling.take_all() == [b"4a"]
    polling.release(eio.NOOP)
    assert await poll == [eio.NOOP]


async def test_the_size_of_what_waits_is_known() -> None:
    polling = Polling(16)
    polling.send([b"4abc", b"4"])
    assert polling.size == 5
    await polling.poll()
    assert polling.size == 0
