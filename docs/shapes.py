"""What a Struct is in JSON, in words."""

from collections.abc import Collection
from typing import cast

import msgspec
from msgspec import Struct, inspect

PLAIN: dict[type[inspect.Type], str] = {
    inspect.StrType: "string",
    inspect.IntType: "integer",
    inspect.FloatType: "number",
    inspect.BoolType: "boolean",
}


def names(struct: type[Struct]) -> list[str]:
    """What its fields are called in JSON."""
    return [field.encode_name for field in _fields(struct)]


def described(struct: type[Struct], without: Collection[str] = ()) -> str:
    """Its fields with their types; `?` where one may be absent, and `=` what it is then."""
    return ", ".join(_field(field) for field in _fields(struct) if field.encode_name not in without)


def _fields(struct: type[Struct]) -> tuple[inspect.Field, ...]:
    return cast("inspect.StructType", inspect.type_info(struct)).fields


def _field(field: inspect.Field) -> str:
    silent = field.default in (None, msgspec.UNSET, msgspec.NODEFAULT, ())
    mark = "?" if silent and not field.required else ""
    default = "" if silent else f" = {msgspec.json.encode(field.default).decode()}"
    return f"`{field.encode_name}{mark}`: {_type(field.type)}{default}"


def _type(kind: inspect.Type) -> str:
    match kind:
        case inspect.UnionType():
            parts = [part for part in kind.types if not isinstance(part, inspect.NoneType)]
            said = " or ".join(_type(part) for part in parts)
        case inspect.LiteralType():
            said = " or ".join(f"`{value}`" for value in kind.values)
        case inspect.ListType() | inspect.VarTupleType():
            said = f"list of {_type(kind.item_type)}"
        case inspect.StructType():
            said = f"{{{', '.join(_field(field) for field in kind.fields)}}}"
        case inspect.DictType(value_type=inspect.AnyType()):
            said = "object"
        case inspect.DictType():
            said = f"object of {_type(kind.value_type)}"
        case _:
            said = PLAIN[type(kind)]
    return said
