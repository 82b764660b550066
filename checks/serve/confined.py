"""Runs the server as its image would: as user 65532, on a tree that cannot be written but for its state directory.

    python confined.py GAUNTLET_SERVE REGISTRY_DIR

The tree is the machine's own, mounted read-only in a namespace of the process. That takes root; without it the check says
that it is skipped.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import guide
from server import Server

USER = "65532"
CONFINE = """
mount --make-rprivate /
mount -o remount,bind,ro /
mount -t tmpfs -o mode=0777,size=64m tmpfs "$1"
if touch /gauntlet-was-here 2>/dev/null; then echo "the tree can be written" >&2; exit 9; fi
shift
exec setpriv --reuid "$0" --regid "$0" --clear-groups --no-new-privs "$@"
"""


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: confined.py GAUNTLET_SERVE REGISTRY_DIR")
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "setpriv", "mount"))):
        print("skipped: a read-only tree takes root, unshare and setpriv")
        return
    registry = pathlib.Path(sys.argv[2]).resolve()
    model = guide.published(registry)
    # What the user may read, wherever the checkout lies.
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        place.chmod(0o755)
        binary = shutil.copy(sys.argv[1], place / "gauntlet-serve")
        shutil.copytree(registry / "published", place / "registry" / "published")
        shutil.copytree(registry / "artifacts", place / "registry" / "artifacts")
        state = place / "state"
        state.mkdir()
        command = ["unshare", "--mount", "sh", "-euc", CONFINE, USER, state]
        command += [binary, "--anonymous", "--port", "0", "--registry", place / "registry", "--state-dir", state]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            line = process.stdout.readline().strip()
            word, _, url = line.rpartition(" ")
            if word != "listening on":
                sys.exit(f"the server did not start: exit code {process.wait(30)}")
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            uids = next(row for row in status.splitlines() if row.startswith("Uid:")).split()[1:]
            assert set(uids) == {USER}, uids
            code, answer = Server(url).predict(guide.request(model))
            assert code == 200, answer
        finally:
            process.terminate()
            code = process.wait(30)
        assert code == 0, f"exit code {code}"
    print(f"answered as user {USER} on a read-only tree: {json.dumps(answer['prediction'])} by {model}")


if __name__ == "__main__":
    main()
