"""The examples of the README and the guide to the server, run as they are written.

Every command that begins with `curl`, and every block of Python, that speaks to the address below. Only that address, and
the name of a model that has only a simulated twin here, are replaced.
"""

import pathlib
import re
import shlex
import subprocess

WRITTEN = "localhost:8000"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# An error status ends curl with an exit code.
CURL = 'curl() { command curl --fail-with-body --silent --show-error --max-time 30 "$@"; }\n'


def complete(text):
    """Whether a shell would not wait for more of a command."""
    try:
        shlex.split(text)
    except ValueError:
        return False
    return not text.rstrip("\n").endswith("\\")


def commands(block):
    """The commands of a block that begin with curl, with all their lines."""
    command = ""
    for line in block.splitlines(keepends=True):
        if not command and not line.startswith("curl "):
            continue
        command += line
        if complete(command):
            yield command
            command = ""


def examples(path):
    """Language and text of every example in a file that speaks to the server."""
    for language, block in BLOCK.findall(path.read_text()):
        if language == "python":
            if WRITTEN in block:
                yield language, block
        else:
            yield from (("shell", command) for command in commands(block) if WRITTEN in command)


def run(project, host, python, model, twin, folder):
    """Runs all of them, with `twin` where `model` is written, and returns how many there were, by file."""
    count = {}
    for name in ("README.md", "docs/serving.md"):
        path = project / name
        if not path.exists():
            continue
        for language, text in examples(path):
            text = re.sub(rf"\b{model}\b", twin, text.replace(WRITTEN, host))
            command = [python, "-c", text] if language == "python" else ["bash", "-euo", "pipefail", "-c", CURL + text]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
            if done.returncode != 0:
                raise SystemExit(f"{name}:\n{text}\nended with {done.returncode}\n{done.stdout}\n{done.stderr}")
            count[name] = count.get(name, 0) + 1
    return count


def project():
    return pathlib.Path(__file__).resolve().parent.parent.parent
