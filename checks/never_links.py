"""Asserts what each crate must never link, whatever its dependencies do.

    python never_links.py
"""

import os
import subprocess
import sys

TRAINING = ["polars", "linfa", "smartcore"]
S3 = ["aws-sdk", "aws-config", "object_store", "rusoto"]
# Engines of others; ours is gauntlet-bundle.
ENGINES = ["tract", "ort", "rten", "onnxruntime", "candle"]

# A package is refused by its name, or by a name that begins with it and a dash or an underscore.
NEVER = {
    "gauntlet-core": ["tokio", *TRAINING],
    "gauntlet-features": ["tokio", *TRAINING],
    "gauntlet-data": ["linfa", "smartcore"],
    "gauntlet-bundle": ["tokio", *TRAINING, *ENGINES],
    "gauntlet-learn": ["polars", "tokio"],
    "gauntlet-registry": [*TRAINING, *ENGINES, *S3, "gauntlet-bundle", "sqlx"],
    "gauntlet-mlflow": [*TRAINING, *ENGINES, *S3, "tokio", "sqlx", "reqwest"],
    "gauntlet-registry-server": [*TRAINING, *ENGINES, *S3, "gauntlet-bundle"],
    "gauntlet-registry-sql": [*TRAINING, *ENGINES, *S3, "gauntlet-bundle"],
    "gauntlet-serve": [*TRAINING, *ENGINES, *S3, "sqlx", "libsqlite3-sys", "gauntlet-learn", "gauntlet-data"],
}


def linked(package):
    """Names of everything that a package links."""
    command = [os.environ.get("CARGO", "cargo"), "tree", "-p", package]
    command += ["-e", "normal", "--prefix", "none", "--format", "{p}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"cargo tree -p {package} failed")
    return sorted({line.split()[0] for line in done.stdout.splitlines() if line})


def main():
    broken = 0
    for package, never in NEVER.items():
        names = linked(package)
        found = [
            name
            for name in names
            if any(name == bad or name.startswith((f"{bad}-", f"{bad}_")) for bad in never)
        ]
        broken += bool(found)
        verdict = f"LINKS {', '.join(found)}" if found else f"none of {', '.join(never)}"
        print(f"{package}: {len(names)} packages, {verdict}")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
