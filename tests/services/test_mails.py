"""Mails on their way: never in anybody's way, tried again where that may help, and given up in the end."""

import logging

import pytest

from parley.adapters.memory.mailer import MemoryMailer
from parley.model.mails import Mail
from parley.ports.background import Background
from parley.ports.mail import NotSent
from parley.services.mails import MOST_WAITING, RETRY_AFTER_S, Mails
from tests.support.clock import ManualClock
from tests.support.timers import ManualTimers

MAIL = Mail(to="anna@example.org", subject="Hello", text="The code is a secret")
BUSY = NotSent("try later")


class Post:
    def __init__(self) -> None:
        self.background = Background()
        self.timers = ManualTimers(ManualClock(), self.background)
        self.mailer = MemoryMailer()
        self.mails = Mails(mailer=self.mailer, spawn=self.background.spawn, after=self.timers.after)


@pytest.fixture
def post():
    return Post()


async def test_a_mail_leaves_in_the_background(post):
    post.mails.send(MAIL)
    assert post.mailer.sent == []
    await post.background.settled()
    assert post.mailer.sent == [MAIL]


async def test_what_does_not_leave_is_tried_again_until_it_does(post):
    post.mailer.refusals = [BUSY, BUSY]
    post.mails.send(MAIL)
    await post.background.settled()
    await post.timers.pass_time(RETRY_AFTER_S[0])
    assert post.mailer.sent == []
    await post.timers.pass_time(RETRY_AFTER_S[1])
    assert post.mailer.sent == [MAIL]


async def test_it_is_given_up_after_a_bounded_number_of_attempts(post, caplog):
    post.mailer.refusals = [BUSY] * 100
    post.mails.send(MAIL)
    await post.background.settled()
    await post.timers.pass_time(86_400)
    assert len(post.mailer.refusals) == 100 - 1 - len(RETRY_AFTER_S)
    assert caplog.records[-1].message == "a mail is given up: try later"


async def test_what_is_refused_for_good_is_not_tried_again(post, caplog):
    post.mailer.refusals = [NotSent("no such person", for_good=True)]
    post.mails.send(MAIL)
    await post.background.settled()
    await post.timers.pass_time(86_400)
    assert post.mailer.sent == []
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_a_fault_of_the_way_out_is_logged_and_harms_nothing(post, caplog):
    post.mailer.refusals = [RuntimeError("a fault")]
    post.mails.send(MAIL)
    post.mails.send(MAIL)
    await post.background.settled()
    assert post.mailer.sent == [MAIL]
    assert "a mail is given up" in caplog.text


async def test_the_log_says_neither_to_whom_nor_what(post, caplog):
    post.mailer.refusals = [BUSY] * 9
    post.mails.send(MAIL)
    await post.background.settled()
    await post.timers.pass_time(86_400)
    assert "anna" not in caplog.text
    assert "secret" not in caplog.text


async def test_what_waits_is_bounded_and_room_comes_again(post, caplog):
    post.mailer.refusals = [BUSY] * MOST_WAITING
    for _ in range(MOST_WAITING + 1):
        post.mails.send(MAIL)
    assert "a mail is given up: 1000 wait already" in caplog.text
    await post.background.settled()
    await post.timers.pass_time(86_400)
    assert len(post.mailer.sent) == MOST_WAITING
    post.mails.send(MAIL)
    await post.background.settled()
    assert len(post.mailer.sent) == MOST_WAITING + 1


async def test_at_the_end_nothing_is_tried_any_more(post):
    post.mailer.refusals = [BUSY]
    post.mails.send(MAIL)
    await post.background.settled()
    post.mails.close()
    await post.timers.pass_time(86_400)
    assert post.mailer.sent == []
