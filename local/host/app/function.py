"""A function of the app, as the host sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.host.app.bindings import Binding, sdk_converter
from local.host.app.retries import RetryPolicy


@dataclass(frozen=True)
class Function:
    """A function of the app: its code, its trigger's binding, its other bindings, and its annotations."""

    name: str
    call: Callable[..., Any]
    trigger: Binding
    inputs: tuple[Binding, ...]
    outputs: tuple[Binding, ...]
    annotations: Mapping[str, Any]
    is_async: bool
    wants_context: bool
    retry: RetryPolicy | None = None

    @property
    def bindings(self) -> tuple[Binding, ...]:
        """All bindings, with the trigger's first."""
        return (self.trigger, *self.inputs, *self.outputs)

    @property
    def kind(self) -> str:
        """The trigger's type, such as `blobTrigger`."""
        return str(self.trigger["type"])

    def by_reference(self, binding: Binding) -> bool:
        """Whether a binding's parameter has an SDK type, which gets a reference instead of the content."""
        return sdk_converter(binding["type"], self.annotations.get(binding["name"])) is not None
