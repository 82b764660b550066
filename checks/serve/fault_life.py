"""What operators do to a running server: stop it, change its keys, roll a model back."""

import json
import signal
import socket
import subprocess
import time
import urllib.parse

import rows
from asking import asking, healthy, until
from case import MODEL

# Periods of the watch that a rollback has to survive.
HELD = 1.0


def draining(case):
    """A request whose body is still on its way when SIGTERM comes is answered; the exit code is 0."""
    registry = case.published()
    with case.serving(registry.root) as server:
        address = urllib.parse.urlparse(server.url)
        body = json.dumps(rows.guide(MODEL, case.names, case.row)).encode()
        head = (
            f"POST /api/v1/ml/predict HTTP/1.1\r\nhost: {address.netloc}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        ).encode()
        with socket.create_connection((address.hostname, address.port), timeout=20) as slow:
            slow.sendall(head + body[: len(body) // 2])
            time.sleep(0.3)
            server.tell(signal.SIGTERM)
            until(lambda: refuses(address), "no new connection is taken", 5)
            assert server.process.poll() is None, "it did not wait for the request that had begun"
            slow.sendall(body[len(body) // 2 :])
            answer = b""
            while part := slow.recv(65536):
                answer += part
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        assert b'"prediction"' in answer, answer
        code = server.process.wait(15)
        assert code == 0, f"exit code {code}"
    return "the request that had begun was answered with 200, exit code 0"


def refuses(address):
    try:
        with socket.create_connection((address.hostname, address.port), timeout=2) as connection:
            connection.settimeout(2)
            connection.sendall(b"GET /ping HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
            return b" 200 " not in connection.recv(4096)
    except OSError:
        return True


def made_key(case, name, scope):
    """A key, and the entry of the file of keys that accepts it."""
    command = [case.serve, "key", name, "--scope", scope]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    key = next(word for word in printed.split() if word.startswith("gsk_"))
    return key, printed[printed.index("[[keys]]") :]


def new_keys(case):
    """SIGHUP takes a new file of keys; one that cannot be read leaves the keys as they are."""
    registry, file = case.published(), case.folder / "keys.toml"
    (old, old_entry), (new, new_entry) = made_key(case, "old", "ml:predict"), made_key(case, "new", "ml:predict")
    file.write_text(old_entry)
    body = json.dumps(rows.guide(MODEL, case.names, case.row)).encode()

    def status(key):
        headers = {"content-type": "application/json"} | ({"x-api-key": key} if key else {})
        return server.send("/api/v1/ml/predict", body, headers).status

    def reload(text):
        file.write_text(text)
        server.tell(signal.SIGHUP)

    # One more key by the command line: the server needs none of the file to be told things by.
    with case.serving(registry.root, more=f"[access]\nkeys_file = '{file}'\n", key="of-the-check") as server:
        server.key = None
        assert [status(None), status("wrong"), status(old), status(new)] == [401, 403, 200, 403]
        reload(f"{old_entry}\n{new_entry}")
        until(lambda: status(new) == 200, "the new key is taken")
        assert status(old) == 200
        reload("[[keys]]\nname = 3\n")
        time.sleep(0.5)
        assert [status(old), status(new)] == [200, 200], "a broken file of keys took keys away"
        reload(new_entry)
        until(lambda: status(old) == 403, "the old key is refused")
        assert status(new) == 200
        assert server.process.poll() is None
    return "keys were added, kept over a broken file, and taken away"


def rollback(case):
    """An operator goes back to the version before; it stays until the alias moves on or is followed again."""
    registry = case.published()
    with case.serving(registry.root, key="boss") as server:
        with asking(server, MODEL, case.names, case.row) as asker:
            status, answer = server.ask(f"/admin/models/{MODEL}/rollback", {})
            assert status == 409, (status, answer)
            healthy(server, 1)
            registry.point(MODEL, 2, registry.place(case.second))
            healthy(server, 2)
            back(server, 1)
            time.sleep(HELD)
            assert asker.versions == ["1", "2", "1"], asker.versions
            registry.point(MODEL, 3, registry.place(case.second))
            healthy(server, 3)
            until(lambda: asker.versions[-1] == "3", "version 3 answers")
            back(server, 1)
            until(lambda: asker.versions[-1] == "1", "version 1 answers again")
            status, answer = server.ask(f"/admin/models/{MODEL}/follow", {})
            assert (status, answer["held"]) == (200, False), answer
            until(lambda: asker.versions[-1] == "3", "the alias is followed again")
            assert asker.versions == ["1", "2", "1", "3", "1", "3"], asker.versions
    return f"{asker.count} answers, versions {', '.join(asker.versions)}"


def back(server, version):
    status, answer = server.ask(f"/admin/models/{MODEL}/rollback", {})
    assert status == 200, answer
    assert (answer["model_version"], answer["held"]) == (str(version), True), answer
