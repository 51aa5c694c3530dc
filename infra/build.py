"""`make build`: what a deployment would upload, and the proof that it imports.

SAM builds for Lambda's arm64, and most machines that build are none: compiled files are checked by
their own headers, and everything else is imported exactly as it was built. Standard library only.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILT = ROOT / ".aws-sam/build"
CORE = BUILT / "CoreLayer/python"
DEPS = BUILT / "DepsLayer/python"
TWINS = ROOT / "build/host-wheels"
SAM_VENV = ROOT / ".venv-sam"
SAM_VERSION = "1.170.0"
ELF_MACHINE_ARM64 = 0xB7
LAMBDA_LIMIT_MB = 250

# Run by python3.13 without environment, site-packages or user folder: argv[1] is the path to use,
# the rest are module names. Answers with where each came from.
PROBE = """
import importlib, json, sys
sys.path[:0] = json.loads(sys.argv[1])
print(json.dumps({name: importlib.import_module(name).__file__ for name in sys.argv[2:]}))
"""


class BuildError(Exception):
    """The build cannot go on or is not what it should be; the message says so to a person."""


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def run(*command: str | Path, env: dict[str, str] | None = None) -> str:
    """Run a command and give its output. Raises BuildError with that output when it fails."""
    done = subprocess.run(  # noqa: S603 - fixed commands, no shell
        [str(part) for part in command],
        env=env,
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        message = f"{Path(command[0]).name} failed:\n{done.stdout}"
        raise BuildError(message)
    return done.stdout


def find_python() -> Path:
    """The Python of the Lambda runtime. Raises BuildError when none is found that runs.

    A name on the PATH is not enough: pyenv puts a shim there that refuses to start.
    """
    installed = sorted((Path.home() / ".pyenv/versions").glob("3.13.*/bin/python3.13"))
    on_path = shutil.which("python3.13")
    candidates = [Path(on_path), *installed] if on_path else installed
    for candidate in candidates:
        with contextlib.suppress(BuildError):
            return Path(run(candidate, "-c", "import sys; print(sys.executable)").strip())
    message = "make build needs python3.13 on the PATH: the layers are built for that runtime."
    raise BuildError(message)


def sam_command(python: Path) -> Path:
    """SAM CLI at its pinned version, in an environment of its own that is made on first use."""
    marker = SAM_VENV / f".ready-{SAM_VERSION}"
    if not marker.exists():
        say(f"Setting up SAM CLI {SAM_VERSION} in {SAM_VENV.name} (once) ...")
        run(python, "-m", "venv", "--clear", SAM_VENV)
        pip = SAM_VENV / "bin/pip"
        run(pip, "install", "--quiet", "--disable-pip-version-check", f"aws-sam-cli=={SAM_VERSION}")
        marker.touch()
    return SAM_VENV / "bin/sam"


def build(python: Path) -> None:
    """Run `sam build`. It never asks AWS anything; the region is only a name it wants to know."""
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    quiet = {"PATH": path, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}
    run(sam_command(python), "build", env={**os.environ, **quiet})


def declared_functions() -> list[str]:
    """The folders that the template deploys, each built and with its handler.

    SAM skips a folder that is missing and still reports success; here that is an error.
    """
    names = re.findall(r"CodeUri: functions/(\w+)/", (ROOT / "template.yaml").read_text())
    built = {name: BUILT / name.title().replace("_", "") / "handler.py" for name in names}
    if missing := [name for name, path in built.items() if not path.is_file()]:
        message = f"built without a handler: {', '.join(missing)}"
        raise BuildError(message)
    return names


def pins() -> dict[str, str]:
    """Name and version of everything that the deps layer must hold."""
    text = (ROOT / "layers/deps/requirements.txt").read_text()
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))


def check_versions() -> None:
    """The layer holds exactly the pins. Raises BuildError."""
    named = (re.match(r"(.+)-([^-]+)\.dist-info$", p.name) for p in DEPS.glob("*.dist-info"))
    held = {found[1].replace("_", "-").lower(): found[2] for found in named if found}
    if held != pins():
        message = f"the deps layer differs from its pins: {sorted(held.items() ^ pins().items())}"
        raise BuildError(message)


def compiled() -> dict[str, Path]:
    """Compiled files of the deps layer by the top-level package that they belong to."""
    return {path.relative_to(DEPS).parts[0]: path for path in sorted(DEPS.rglob("*.so"))}


def check_compiled() -> None:
    """Every compiled file is CPython 3.13 for arm64, by its ELF header. Raises BuildError."""
    for path in DEPS.rglob("*.so"):
        (machine,) = struct.unpack_from("<H", path.read_bytes()[:20], 18)
        if machine != ELF_MACHINE_ARM64 or "cpython-313-aarch64" not in path.name:
            message = f"{path.relative_to(DEPS)} is not built for python3.13 on arm64"
            raise BuildError(message)


def host_twins(python: Path) -> list[Path]:
    """Where this machine's builds of the compiled packages lie; empty where arm64 runs natively."""
    if (platform.system(), platform.machine()) == ("Linux", "aarch64"):
        return []
    shutil.rmtree(TWINS, ignore_errors=True)
    wanted = [name.replace("_", "-") for name in compiled()]
    exact = [f"{name}=={version}" for name, version in pins().items() if name in wanted]
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:")
    run(python, "-m", "pip", "install", *options, "--target", TWINS, *exact)
    return [TWINS]


def core_modules() -> list[str]:
    """Every module of the core layer as it was built."""
    files = (path.relative_to(CORE).with_suffix("") for path in sorted(CORE.rglob("*.py")))
    return [".".join(p.parts[:-1] if p.name == "__init__" else p.parts) for p in files]


def prove_imports(python: Path, functions: list[str]) -> int:
    """Import every core module and, each in a process of its own, every handler.

    Gives the number of core modules. Raises BuildError with the traceback.
    """
    layers = [*host_twins(python), CORE, DEPS]
    modules = core_modules()
    probe(python, layers, modules)
    for name in functions:
        probe(python, [BUILT / name.title().replace("_", ""), *layers], ["handler"])
    return len(modules)


def probe(python: Path, path: list[Path], modules: list[str]) -> None:
    """Import modules from path and nothing else; each must come from the build."""
    places = json.dumps([str(each) for each in path])
    answer = run(python, "-I", "-S", "-B", "-c", PROBE, places, *modules, env={})
    strays = [name for name, file in json.loads(answer).items() if not file.startswith(str(BUILT))]
    if strays:
        message = f"imported from outside the build: {', '.join(strays)}"
        raise BuildError(message)


def megabytes(folder: Path) -> float:
    """Size of all files below a folder."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file()) / 2**20


def main() -> int:
    """Build, check, prove, and say what was proven. Gives the exit code."""
    began = time.monotonic()
    try:
        python = find_python()
        build(python)
        functions = declared_functions()
        check_versions()
        check_compiled()
        modules = prove_imports(python, functions)
    except BuildError as problem:
        say(str(problem))
        return 1
    size = megabytes(DEPS) + megabytes(CORE)
    swapped, host, count = ", ".join(compiled()), platform.machine(), len(functions)
    say(f"Built {count} functions and 2 layers in {time.monotonic() - began:.0f} s.")
    say(f"  pins     the deps layer holds exactly its {len(pins())} pins")
    say(f"  arm64    {swapped}: built for cpython-313-aarch64 by their ELF headers, not executed")
    say(f"  imports  {modules} core modules and {count} handlers from the built layers alone,")
    say(f"           on {host}, with {host} wheels of the same versions of: {swapped}")
    say(f"  size     {size:.0f} of {LAMBDA_LIMIT_MB} MB unzipped")
    return 0 if size < LAMBDA_LIMIT_MB else 1


if __name__ == "__main__":
    sys.exit(main())
