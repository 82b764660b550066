"""Things that go wrong beside the server, and that it has to outlive.

    python3 faults.py GAUNTLET_SERVE GAUNTLET ROOT FOLDER --moto MOTO [--only NAME]

ROOT is the root of a quick run: two of its bundles are published under one name in folders of their own below FOLDER,
where every server's log stays. While something is broken a client asks all the time, and every answer has to be
right. MOTO is moto's S3 server.
"""

import argparse
import concurrent.futures
import functools
import pathlib
import shutil
import sys
import time
import traceback

import case
import fault_bundles
import fault_clients
import fault_life
import fault_sources


def faults(root):
    return {
        "registry-server-killed": functools.partial(fault_sources.registry_server, root=root),
        "s3-killed": fault_sources.object_store,
        "disk-full": fault_sources.full_disk,
        "flipped-byte": fault_bundles.flipped_byte,
        "another-digest": fault_bundles.another_digest,
        "torn-pointer": fault_bundles.torn_pointer,
        "registry-gone": fault_bundles.gone,
        "damaged-state": fault_bundles.damaged_state,
        "draining": fault_life.draining,
        "new-keys": fault_life.new_keys,
        "rollback": fault_life.rollback,
        "slow-loris": fault_clients.slow_loris,
        "idle-crowd": fault_clients.idle_crowd,
        "garbage": fault_clients.garbage,
    }


def tried(name, fault, shared):
    """Whether a fault was outlived, and a line about it."""
    begun = time.monotonic()
    try:
        word = fault(shared.at(name))
        passed = True
    # A server that does not start or end as it should says so by SystemExit.
    except (Exception, SystemExit) as error:
        word = f"FAILED: {error}\n{traceback.format_exc()}its log is in {shared.folder / name}"
        passed = False
    return passed, f"{name:24} {time.monotonic() - begun:5.1f} s  {word}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("serve", type=pathlib.Path)
    parser.add_argument("gauntlet", type=pathlib.Path)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--moto", type=pathlib.Path, required=True)
    parser.add_argument("--only", action="append")
    args = parser.parse_args()
    folder = args.folder.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    first, second = case.pair(args.root.absolute())
    shared = case.Case(
        args.serve.absolute(), args.gauntlet.absolute(), args.moto.absolute(), first, second, folder
    )
    chosen = {name: fault for name, fault in faults(args.root.absolute()).items() if not args.only or name in args.only}
    passed = True
    # Most of the time is spent waiting.
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for one, line in pool.map(lambda item: tried(*item, shared), chosen.items()):
            passed &= one
            print(line, flush=True)
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
