"""Loading the full-size pump table and computing its features, ours beside pandas, alternating.

    python bench.py PUMP_FEATURES DATASET.toml FILE [--rounds 3] [--markdown PATH]
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def once(command):
    before = os.times()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    after = os.times()
    # What other programs take from the clock they do not take from this.
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {**json.loads(done.stdout.strip().splitlines()[-1]), "cpu_s": cpu}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ours", type=pathlib.Path)
    parser.add_argument("descriptor", type=pathlib.Path)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--markdown", type=pathlib.Path)
    args = parser.parse_args()
    pandas = [sys.executable, HERE / "pandas_features.py", args.file]
    commands = {
        "ours": [args.ours, args.descriptor, args.file],
        "pandas, the same thinned windows": [*pandas, "thinned"],
        "pandas, every row of the windows": [*pandas, "full"],
    }
    results = {name: [] for name in commands}
    load_before = os.getloadavg()[0]
    for _ in range(args.rounds):
        for name, command in commands.items():
            results[name].append(once(command))
    middle = lambda name, key: statistics.median(run[key] for run in results[name])
    lines = ["| | load | features | together | processor time | peak memory | times ours |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    ours = middle("ours", "load_s") + middle("ours", "features_s")
    for name in commands:
        load, spent = middle(name, "load_s"), middle(name, "features_s")
        lines.append(f"| {name} | {load:.2f} s | {spent:.2f} s | {load + spent:.2f} s | "
                     f"{middle(name, 'cpu_s'):.2f} s | {middle(name, 'peak_mb'):,.0f} MB | {(load + spent) / ours:.1f} |")
    lines += ["", f"Rounds: {args.rounds}. Load average before and after: {load_before:.1f} and {os.getloadavg()[0]:.1f} on "
                  f"{os.cpu_count()} cores."]
    text = "\n".join(lines) + "\n"
    print(text)
    own, other = results["ours"][0]["sums"], results["pandas, the same thinned windows"][0]["sums"]
    print("sums of ewma, deviation, trend, spread:", own, other)
    if args.markdown:
        page = args.markdown.read_text()
        begin, end = "<!-- speed -->\n", "<!-- /speed -->"
        head, rest = page.split(begin)
        args.markdown.write_text(head + begin + text + end + rest.split(end)[1])
    slower = {n: (middle(n, "load_s") + middle(n, "features_s")) / ours for n in commands if n != "ours"}
    if min(slower.values()) < 3 or middle("ours", "peak_mb") > 2048:
        sys.exit(f"FAILED: {slower}, {middle('ours', 'peak_mb'):.0f} MB")


if __name__ == "__main__":
    main()
