"""Binary values inside events: taken out as attachments, put back from them (Socket.IO 5)."""

from collections.abc import Sequence

from parley.socketio.protocol.errors import PacketError


def detach(value: object) -> tuple[object, list[bytes]]:
    """Returns `value` with placeholders for its bytes, and the bytes in the order of their numbers.

    What holds no bytes is returned as it is, uncopied.
    """
    attachments: list[bytes] = []
    return _detach(value, attachments), attachments


def _detach(value: object, attachments: list[bytes]) -> object:
    if isinstance(value, bytes | bytearray | memoryview):
        attachments.append(bytes(value))
        return {"_placeholder": True, "num": len(attachments) - 1}
    before = len(attachments)
    replaced: object
    if isinstance(value, list | tuple):
        replaced = [_detach(item, attachments) for item in value]
    elif isinstance(value, dict):
        replaced = {key: _detach(item, attachments) for key, item in value.items()}
    else:
        return value
    return value if len(attachments) == before else replaced


def attach(value: object, attachments: Sequence[bytes]) -> object:
    """Puts attachments in the place of their placeholders; raises PacketError if one is missing."""
    if isinstance(value, list):
        return [attach(item, attachments) for item in value]
    if isinstance(value, dict):
        if value.get("_placeholder") is True:
            number = value.get("num")
            if type(number) is not int or not 0 <= number < len(attachments):
                raise PacketError("placeholder without attachment")
            return attachments[number]
        return {key: attach(item, attachments) for key, item in value.items()}
    return value
