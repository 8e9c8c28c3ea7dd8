"""One-time codes: mailed to an address, and taken from whoever shows them."""

from parley.model.buckets import Buckets
from parley.model.codes import Code, Purpose, digest, made
from parley.model.errors import InvalidCode, RateLimited
from parley.model.ids import RandomBytes, UserId
from parley.model.mails import code_mail
from parley.model.tries import Tries, network
from parley.ports.clock import Clock
from parley.ports.codes import CodeMail, CodeStore
from parley.ports.mail import SendMail


class Codes(CodeMail):
    """`tries` bounds wrong codes, by network address; `mailing` mails that are asked for, by e-mail address too.

    `client_url` is where people's client is, for links; None where mails are to have none.
    """

    def __init__(
        self,
        *,
        codes: CodeStore,
        send: SendMail,
        clock: Clock,
        random: RandomBytes,
        tries: Buckets,
        mailing: Tries,
        client_url: str | None,
    ) -> None:
        self._codes = codes
        self._send = send
        self._clock = clock
        self._random = random
        self._tries = tries
        self._mailing = mailing
        self._client_url = client_url

    def allow(self, email: str, address: str) -> None:
        wait_s = self._mailing.take(address, email.lower(), self._clock.monotonic())
        if wait_s:
            raise RateLimited("Too many mails; wait a little.", retry_after=wait_s)

    async def mail(self, purpose: Purpose, user_id: UserId, email: str) -> None:
        code, text = made(purpose, user_id, email, now_ms=self._clock.now_ms(), random=self._random)
        await self._codes.put(code)
        self._send(code_mail(purpose, email, text, self._client_url))

    async def take(self, purpose: Purpose, text: str, address: str) -> Code:
        wanted = digest(text)
        asking = network(address)
        wait_s = self._tries.take(asking, self._clock.monotonic())
        if wait_s:
            raise RateLimited("Too many attempts; wait a little.", retry_after=wait_s)
        code = await self._codes.take(purpose, wanted)
        if code is None or self._clock.now_ms() >= code.expires_ms:
            raise InvalidCode
        self._tries.give(asking)
        return code

    async def forget(self, user_id: UserId) -> None:
        await self._codes.forget(user_id)

    async def sweep(self) -> None:
        """Remove those that are too old."""
        await self._codes.sweep(self._clock.now_ms())
