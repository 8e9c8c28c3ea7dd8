"""Each limit of the settings, and what happens past it."""

import pytest

from parley.socketio.config import Config
from parley.socketio.errors import TooManyRooms
from parley.socketio.protocol.frames import serialise
from parley.socketio.server import Server
from tests.socketio.links import Link, tick


async def link_to(server: Server) -> Link:
    server.namespace().on("echo", lambda _, *args: args)
    link = Link(server)
    await link.connect()
    return link


async def test_a_message_over_max_payload_is_closed_with_1009_and_no_reason() -> None:
    link = await link_to(Server(Config(max_payload=100)))
    link.send("4" + "x" * 100)
    assert link.closed == (1009, "")


async def test_too_many_fragments_are_closed() -> None:
    link = await link_to(Server(Config(max_fragments=3)))
    for opcode in (1, 0, 0, 0):
        link.raw(serialise(opcode, b"x", fin=False, mask=b"mask"))
    assert link.closed is not None
    assert link.closed[0] == 1008


async def test_too_many_attachments_are_closed() -> None:
    link = await link_to(Server(Config(max_attachments=2)))
    link.send('452-["echo"]')
    assert link.closed is None
    link = await link_to(Server(Config(max_attachments=2)))
    link.send('453-["echo"]')
    assert link.closed is not None


@pytest.mark.parametrize("head", ['42["echo",', '421["echo",', '42/,["echo",', '451-["echo",'])
async def test_json_nested_too_deep_is_closed(head: str) -> None:
    link = await link_to(Server(Config(max_nesting=4)))
    link.send(head + "[" * 4 + "]" * 4 + "]")
    assert link.closed is not None


async def test_json_nested_to_the_limit_is_taken() -> None:
    link = await link_to(Server(Config(max_nesting=4)))
    link.send('421["echo",' + "[" * 3 + "]" * 3 + "]")
    await tick()
    assert link.texts()[-1] == "431[[[[]]]]"


async def test_auth_nested_too_deep_is_closed() -> None:
    link = Link(Server(Config(max_nesting=4)))
    link.send("40" + '{"a":' * 5 + "1" + "}" * 5)
    assert link.closed is not None


@pytest.mark.parametrize(("size", "taken"), [(100, True), (101, False)])
async def test_auth_is_bounded(size: int, taken: bool) -> None:
    server = Server(Config(max_auth=100))
    server.namespace()
    link = Link(server)
    link.send('40{"token":"%s"}' % ("x" * (size - len('{"token":""}'))))
    await tick()
    assert (link.closed is None) is taken
    assert len(server.namespace().sockets) == taken


async def test_too_many_namespaces_are_closed() -> None:
    server = Server(Config(max_namespaces=2))
    for name in ("/", "/a", "/b"):
        server.namespace(name)
    link = Link(server)
    await link.connect()
    await link.connect(namespace="/a")
    link.send("40/b,")
    assert link.closed is not None


async def test_a_socket_is_in_so_many_rooms_and_no_more() -> None:
    server = Server(Config(max_rooms=2))
    link = await link_to(server)
    (socket,) = server.namespace().sockets.values()
    socket.join("a")
    socket.join("b")
    socket.join("b")
    with pytest.raises(TooManyRooms):
        socket.join("c")
    socket.leave("a")
    socket.join("c")
    assert link.closed is None


@pytest.mark.parametrize(
    "packet",
    ["4", "0{}", "2", "5", "6", "x", "44{}", "4{", '42["connect"]', '43["no id"]', "40[]",
     '42/nowhere,["a"]', "42[", '42["echo",]', "401",
     '42["echo",NaN]', '42["echo",-Infinity]', '43[1]', '431[NaN]', '42["a\nb"]',
     '42["unheard",{]', '421["unheard",abc]'],
)  # fmt: skip
async def test_a_malformed_packet_closes_its_connection_and_touches_no_other(packet: str) -> None:
    server = Server()
    bad, good = await link_to(server), await link_to(server)
    bad.send(packet)
    await tick()
    assert bad.closed is not None
    good.emit("echo", 1, ack=1)
    await tick()
    assert good.texts()[-1] == "431[1]"


async def test_an_event_with_attachments_that_nobody_hears_is_checked_too() -> None:
    link = await link_to(Server())
    link.send('451-["unheard",{"_placeholder":true,"num":1}]')
    link.send_binary(b"x")
    assert link.closed is not None


async def test_text_while_attachments_are_missing_closes() -> None:
    link = await link_to(Server())
    link.send('451-["echo",{"_placeholder":true,"num":0}]')
    link.send('42["echo"]')
    assert link.closed is not None


async def test_binary_without_a_header_closes() -> None:
    link = await link_to(Server())
    link.send_binary(b"x")
    assert link.closed is not None


async def test_bytes_before_the_answer_end_the_connection() -> None:
    server = Server()

    async def admit(_: object) -> None:
        await tick()

    server.admit = admit
    link = Link(server)
    link.raw(b"\x81\x80mask")
    assert link.wire.aborted
    await tick()
