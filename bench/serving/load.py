"""wrk, in a closed or an open loop, with bodies from a folder."""

import json
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


def bodies(folder, made, headers):
    """Writes bodies and headers as the scripts for wrk read them."""
    folder.mkdir(parents=True)
    for number, body in enumerate(made):
        (folder / str(number)).write_bytes(body)
    (folder / "headers").write_text("".join(f"{name}: {value}\n" for name, value in headers.items()))
    return folder


def start(url, folder, seconds, connections, rate=None, script=None, settings=None):
    """A running wrk: a closed loop on one thread, or with a `rate` (per second) an open one."""
    opened = rate is not None
    command = ["wrk", "-t", str(connections if opened else 1), "-c", str(connections), "-d", f"{seconds}s"]
    command += ["--timeout", "30s", "-s", str(script or HERE / ("paced.lua" if opened else "load.lua")), url]
    environment = os.environ | {
        "BODIES": str(folder),
        "HEADERS": str(folder / "headers"),
        "RATE": str(rate or 0),
        "CONNECTIONS": str(connections),
    }
    return subprocess.Popen(
        command, env=environment | (settings or {}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(running):
    """What wrk counted."""
    output, errors = running.communicate()
    if running.returncode != 0 or not output.strip().endswith("}"):
        raise SystemExit(f"wrk ended with exit code {running.returncode}: {errors}{output[-500:]}")
    found = json.loads(output.strip().splitlines()[-1])
    found["failed"] = found["refused"] + found["broken"]
    found["per_second"] = (found["requests"] - found["refused"]) / found["seconds"]
    return found


def run(*arguments, **how):
    return finish(start(*arguments, **how))
