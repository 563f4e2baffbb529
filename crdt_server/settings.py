"""Settings: from the command line, else from `CRDT_...` in the environment, else the defaults.

README's table is made from this file, and a test compares them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from crdt_server.compiled import PURE_PYTHON
from crdt_server.core.limits import Limits
from crdt_server.web.paths import check_path

PREFIX = "CRDT_"
BENCH_PREFIX = "CRDT_BENCH_"
"""Variables of the benchmarks; the server leaves them alone."""
_OTHERS = (BENCH_PREFIX, PURE_PYTHON)


class SettingsError(Exception):
    """The settings cannot be used; the message says which and why."""


class Settings(BaseModel):
    """What an operator decides."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(
        "127.0.0.1", description="Address to listen on. Beyond loopback an authenticator is needed."
    )
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    store: str = Field(
        "sqlite:data/documents.db", description="Where documents are kept: `memory:` or `sqlite:PATH`."
    )
    authenticator: str = Field(
        "",
        description="Who may do what: `package.module:name` of an async callable; empty lets all in.",
    )
    stateless_hook: str = Field(
        "",
        description="What gets the stateless messages of Hocuspocus clients: `package.module:name` of an "
        "async callable.",
    )
    hocuspocus_paths: str = Field(
        "",
        description="Further paths that speak the Hocuspocus dialect besides `/hocuspocus`, separated by "
        "blanks.",
    )
    allowed_origins: str = Field(
        "",
        description="Other origins whose pages may connect, separated by blanks; `*` is all.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level that is logged."
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="`auto` is `console` on a terminal and `json` elsewhere."
    )

    @field_validator("hocuspocus_paths")
    @classmethod
    def _are_paths(cls, value: str) -> str:
        for path in value.split():
            check_path(path)
        return value

    @property
    def origins(self) -> frozenset[str]:
        """The allowed origins."""
        return frozenset(self.allowed_origins.split())


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table: a variable, its default, its meaning."""

    variable: str
    default: object
    meaning: str


def all_settings() -> Iterator[Setting]:
    """Iterate over every setting there is, options first, then limits."""
    for name, info in Settings.model_fields.items():
        yield Setting(_variable(name), info.default, info.description or "")
    for limit in fields(Limits):
        yield Setting(_variable(limit.name), limit.default, limit.metadata["help"])


def load(environment: Mapping[str, str], **options: Any) -> tuple[Settings, Limits]:
    """Read options and environment. Raises `SettingsError`."""
    known = {setting.variable for setting in all_settings()}
    for variable in environment:
        if variable.startswith(PREFIX) and not variable.startswith(_OTHERS) and variable not in known:
            nearest = difflib.get_close_matches(variable, known, n=1, cutoff=0.0)[0]
            raise SettingsError(f"{variable} is not a setting; did you mean {nearest}?")
    given = {variable: value for variable, value in environment.items() if value}
    settings = {name: given[_variable(name)] for name in Settings.model_fields if _variable(name) in given}
    limits = {
        limit.name: given[_variable(limit.name)] for limit in fields(Limits) if _variable(limit.name) in given
    }
    try:
        return Settings(**settings | options), TypeAdapter(Limits).validate_python(limits)
    except ValidationError as error:
        first = error.errors()[0]
        variable = _variable(str(first["loc"][0])) if first["loc"] else "limits"
        raise SettingsError(f"{variable}: {first['msg']}") from None


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def table() -> str:
    """Return all settings as a Markdown table."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    lines += [f"| `{s.variable}` | {_shown(s.default)} | {s.meaning} |" for s in all_settings()]
    return "\n".join(lines)


def _shown(default: object) -> str:
    if default == "":
        return ""
    for size, unit in ((1024**2, "MiB"), (1024, "KiB")):
        if isinstance(default, int) and default >= size and default % size == 0:
            return f"`{default}` ({default // size} {unit})"
    return f"`{default}`"


if __name__ == "__main__":
    print(table())  # noqa: T201 - for README
