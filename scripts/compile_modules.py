"""Compiles the hot modules with mypyc: for the working tree when run, for the wheel as hatchling's hook.

Where there is no C compiler, or mypy refuses the sources, one line says so and plain Python goes on.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parents[1]


class NotCompiled(Exception):
    """Plain Python has to do; the message says why, in one line."""


class CompileHook(BuildHookInterface[Any]):
    """Puts the compiled modules into a wheel, which then is one for this platform and Python."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, except for an editable install: that uses the working tree."""
        if version == "editable":
            return
        try:
            folder = compile_modules()
        except NotCompiled as reason:
            self.app.display_warning(f"A wheel in plain Python: {reason}")
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["force_include"][str(folder)] = folder.relative_to(ROOT).as_posix()


def compile_modules() -> Path:
    """Compile the sources as they are, unless that was done; return the folder. Raises `NotCompiled`."""
    compiled = _compiled()
    if os.environ.get(compiled.PURE_PYTHON):
        raise NotCompiled(f"{compiled.PURE_PYTHON} is set")
    home: Path = compiled.home()
    if home.is_dir():
        return home
    _check_compiler()
    print("Compiling the hot modules: about half a minute, once for each change of them", flush=True)
    compiled.FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=compiled.FOLDER, prefix="building-") as building:
        made = Path(building) / "made"
        _build(compiled, Path(building), made)
        if compiled.home() != home:
            raise NotCompiled("a source was changed meanwhile")
        with contextlib.suppress(OSError):  # somebody else was faster
            made.rename(home)
    for old in compiled.FOLDER.glob(f"{home.name.rpartition('-')[0]}-*"):
        if old != home:
            shutil.rmtree(old, ignore_errors=True)
    return home


def _compiled() -> ModuleType:
    """The module that says what is compiled, without the package around it, which needs its dependencies."""
    spec = importlib.util.spec_from_file_location("compiled", ROOT / "crdt_server" / "compiled.py")
    if spec is None or spec.loader is None:
        raise NotCompiled("crdt_server/compiled.py is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _check_compiler() -> None:
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if sys.platform != "win32" and shutil.which(compiler) is None:
        raise NotCompiled(f"there is no C compiler ({compiler}); on Debian: apt-get install gcc python3-dev")
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        raise NotCompiled("Python's headers are missing; on Debian: apt-get install python3-dev")


def _build(compiled: ModuleType, building: Path, made: Path) -> None:
    try:
        from mypyc.build import mypycify  # noqa: PLC0415 - who cannot compile need not have it
        from setuptools import Distribution  # type: ignore[import-untyped]  # noqa: PLC0415
        from setuptools.command.build_ext import (  # type: ignore[import-untyped]  # noqa: PLC0415
            build_ext,
        )
    except ImportError as error:
        raise NotCompiled(f"mypyc is not installed ({error})") from error
    options = ["--config-file=", "--ignore-missing-imports", f"--cache-dir={building / 'cache'}"]
    sources = [str(compiled.source(module).relative_to(ROOT)) for module in compiled.MODULES]
    said = io.StringIO()
    group = compiled.LIBRARY.removesuffix("__mypyc")
    try:
        with contextlib.chdir(ROOT), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            extensions = mypycify(
                [*options, *sources], group_name=group, target_dir=str(building / "c"), debug_level="0"
            )
            command = build_ext(Distribution({"name": group, "ext_modules": extensions}))
            command.build_lib, command.build_temp = str(made), str(building / "objects")
            command.ensure_finalized()
            command.run()
    except SystemExit:  # mypyc's way to say that mypy found errors, or that it cannot compile something
        raise NotCompiled(f"mypyc refuses the sources: {_first_line(said)}") from None
    except Exception as error:
        raise NotCompiled(f"{type(error).__name__}: {error}") from error


def _first_line(said: io.StringIO) -> str:
    return next((line for line in said.getvalue().splitlines() if line.strip()), "it says nothing")


if __name__ == "__main__":
    try:
        compile_modules()
    except NotCompiled as reason:
        print(f"Not compiled, plain Python runs: {reason}")
