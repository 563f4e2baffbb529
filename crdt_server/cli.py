"""The command line: `crdt-server serve`.

Exit codes: 0 clean, 1 stopped with edits that could not be stored (none of them acknowledged), 2 wrong
usage or settings, 3 the start failed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click

from crdt_server import logs, settings
from crdt_server.settings import Settings, SettingsError

EXIT_UNWRITTEN = 1
EXIT_START_FAILED = 3


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="crdt-server")
def main() -> None:
    """Real-time co-editing of Yjs documents, self-hosted and durable."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option per setting."""
    for name, info in reversed(Settings.model_fields.items()):
        command = click.option(
            f"--{name.replace('_', '-')}",
            metavar=name.upper() if name != "store" else "URL",
            default=None,
            help=f"{info.description} [{settings.PREFIX}{name.upper()}; default: {info.default or 'none'}]",
        )(command)
    return command


@main.command()
@_options
def serve(**options: str | None) -> None:
    """Serve documents and the demo.

    Every option, and every limit in README's table, is also a variable CRDT_... in the environment.
    """
    from crdt_server.runtime.errors import EngineError  # noqa: PLC0415 - `--help` need not load the engine
    from crdt_server.server import StartFailed, run  # noqa: PLC0415

    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    try:
        chosen, limits = settings.load(os.environ, **given)
        logs.configure(chosen.log_level, chosen.log_format)
        unwritten = run(chosen, limits)
    except SettingsError as error:
        _fail(2, str(error))
    except (StartFailed, EngineError) as error:
        _fail(EXIT_START_FAILED, str(error))
    if unwritten:
        _fail(EXIT_UNWRITTEN, f"{unwritten} edits could not be stored; none of them was acknowledged")


def _fail(code: int, message: str) -> NoReturn:
    click.echo(f"crdt-server: {message}", err=True)
    sys.exit(code)
