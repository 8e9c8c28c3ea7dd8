"""How often something may be tried that guesses at people: signing in, asking for mail. Time is an argument."""

import ipaddress
from typing import Final

from parley.model.buckets import Buckets

WIDER: Final = 10
"""So many times as much is allowed to one address with all names, and to one name from all addresses, by default."""

MOST_FAMILIAR: Final = 50_000
_IPV6_NETWORK: Final = 64


def network(address: str) -> str:
    """Whose the address is: of IPv6 a whole /64 is one customer's, who has the rest of the bits to play with."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_NETWORK), strict=False))


class Tries:
    """Bounds attempts for each pair of address and name, each address, and each name: `burst` at once, then a rate.

    Addresses are those of `network`. Whoever succeeded with a name from an address is familiar there: what others do
    to that name elsewhere doesn't hold them up. Memory is bounded, the longest unused forgotten first.
    """

    def __init__(
        self,
        *,
        burst: int,
        per_minute: float,
        an_address: int = WIDER,
        a_name: int = WIDER,
    ) -> None:
        def wider(times: int) -> Buckets:
            return Buckets(burst=burst * times, per_minute=per_minute * times)

        self._pairs, self._addresses, self._names = wider(1), wider(an_address), wider(a_name)
        self._familiar: dict[tuple[str, str], None] = {}

    def take(self, address: str, name: str, now: float) -> int:
        """Count an attempt; 0 where it may be made, else in how many seconds to come back.

        `now` is in seconds of a clock that never goes backwards.
        """
        pair = (network(address), name)
        wait = self._pairs.take(pair, now) or self._addresses.take(pair[0], now)
        if wait or pair in self._familiar:
            return wait
        return self._names.take(name, now)

    def succeeded(self, address: str, name: str) -> None:
        """The attempt just counted was no guess: it is as if it had not been made."""
        pair = (network(address), name)
        self._pairs.forget(pair)
        self._addresses.give(pair[0])
        if pair not in self._familiar:
            self._names.give(name)
        self._familiar.pop(pair, None)
        self._familiar[pair] = None
        if len(self._familiar) > MOST_FAMILIAR:
            del self._familiar[next(iter(self._familiar))]
