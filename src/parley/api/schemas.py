"""What the framework alone would describe otherwise than it is: bodies, and entries of any kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from litestar.openapi.spec import Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from parley.api.requests import Body
from parley.model.entries import AnyEntry, Entry

if TYPE_CHECKING:
    from litestar._openapi.schema_generation import SchemaCreator


class AnyEntrySchema(OpenAPISchemaPlugin):
    """Where an `Entry` stands, one of all its kinds comes."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether this describes it."""
        return field_definition.annotation is Entry

    def to_openapi_schema(
        self, field_definition: FieldDefinition, schema_creator: SchemaCreator
    ) -> Schema:
        """One of them all; which one, its `type` says."""
        every_kind = FieldDefinition.from_annotation(AnyEntry)
        return cast("Schema", schema_creator.for_field_definition(every_kind))


class BodySchema(OpenAPISchemaPlugin):
    """A body with a field that is not named here is refused."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether this describes it."""
        return field_definition.is_subclass_of(Body)

    def to_openapi_schema(
        self, field_definition: FieldDefinition, schema_creator: SchemaCreator
    ) -> Schema:
        """As the framework describes any Struct, and closed."""
        framework = next(
            plugin
            for plugin in schema_creator.plugins
            if plugin is not self and schema_creator.plugin_supports_field(plugin, field_definition)
        )
        schema = framework.to_openapi_schema(field_definition, schema_creator)
        schema.additional_properties = False
        return schema
