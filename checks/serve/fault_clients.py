"""Clients that mean no good: slow ones, thousands of idle ones, and ones that speak no HTTP. Others are answered."""

import contextlib
import pathlib
import random
import resource
import socket
import threading
import time
import urllib.parse

from asking import asking, until
from case import MODEL

LIMITS = "[limits]\nhead_seconds = 2\nbody_seconds = 2\nidle_seconds = 2\n"
# The honest client has an address of its own, as it would have.
HONEST = "127.0.0.77"
IDLE = 10_000


def resident_mib(process):
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def connect(address, source="127.0.0.1"):
    return socket.create_connection((address.hostname, address.port), timeout=5, source_address=(source, 0))


def slow_loris(case):
    """200 connections send a byte of their head, or of their body, now and then; each is closed."""
    registry = case.published()
    with case.serving(registry.root, more=LIMITS) as server:
        address = urllib.parse.urlparse(server.url)
        heads = [b"POST /api/v1/ml/predict HTTP/1.1\r\nhost: 127.0.0.1\r\n"] * 100
        bodies = [heads[0] + b"content-type: application/json\r\ncontent-length: 900\r\n\r\n{"] * 100
        with asking(server, MODEL, case.names, case.row, address=HONEST) as asker, contextlib.ExitStack() as stack:
            slow = []
            for first in heads + bodies:
                connection = stack.enter_context(connect(address))
                connection.sendall(first)
                slow.append(connection)
            begun, open_ones = time.monotonic(), set(slow)
            while open_ones and time.monotonic() - begun < 15:
                for connection in list(open_ones):
                    if not drip(connection):
                        open_ones.discard(connection)
                time.sleep(0.2)
            took = time.monotonic() - begun
        assert not open_ones, f"{len(open_ones)} slow connections are still open after {took:.0f} s"
    return f"200 closed within {took:.1f} s; {asker.count} others answered, the slowest after {asker.slowest * 1e3:.0f} ms"


def drip(connection):
    """Sends one more byte; whether the connection is still open."""
    try:
        connection.sendall(b"a")
        connection.setblocking(False)
        try:
            return bool(connection.recv(4096))
        except BlockingIOError:
            return True
        finally:
            connection.setblocking(True)
    except OSError:
        return False


def idle_crowd(case):
    """10,000 connections that say nothing, from one address and then from many."""
    registry = case.published()
    room(IDLE + 1_000)
    with case.serving(registry.root, more=LIMITS) as server:
        address = urllib.parse.urlparse(server.url)
        before = resident_mib(server.process)
        with asking(server, MODEL, case.names, case.row, address=HONEST) as asker:
            made = crowd(address, ["127.0.0.1"], lambda: resident_mib(server.process))
        during = made[1]
        # From many addresses all places are taken; they are free again once nothing was said for long enough.
        made_by_many = crowd(address, [f"127.0.1.{n}" for n in range(1, 41)], lambda: resident_mib(server.process))
        until(lambda: answered(server), "others are answered after the crowd", 15)
        peak = max(during, made_by_many[1])
        assert peak - before < 64, f"memory grew from {before:.0f} to {peak:.0f} MiB"
    return (
        f"{made[0]} and {made_by_many[0]} tried; {asker.count} others answered beside the first, the slowest after "
        f"{asker.slowest * 1e3:.0f} ms; memory {before:.0f} to {peak:.0f} MiB"
    )


def room(wanted):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        enough = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))


def crowd(address, sources, memory):
    """Opens as many connections as are taken and keeps them for a while: how many were tried, and the memory then."""
    opened = []
    try:
        for number in range(IDLE):
            try:
                opened.append(connect(address, sources[number % len(sources)]))
            except OSError:
                break
        time.sleep(0.5)
        return len(opened), memory()
    finally:
        for connection in opened:
            connection.close()


def answered(server):
    try:
        return server.send("/ping", timeout=2).status == 200
    except OSError as error:
        return str(error)


def garbage(case):
    """Bytes that are no HTTP, or HTTP that contradicts itself: a 4xx or a closed connection, never an answer."""
    registry = case.published()
    source = random.Random(5)
    hello = bytes.fromhex("16030100c8010000c40303") + source.randbytes(193)
    post = b"POST /api/v1/ml/predict HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    messages = [
        hello,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\r\n\r\n",
        b"\0" * 4096,
        b"\n" * 4096,
        b"GET /health HTTP/1.1\r\n" + b"a: b\r\n" * 10_000,
        b"GET /health HTTP/1.1\r\nx: " + b"a" * 1_000_000,
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n",
        post + b"content-length: -1\r\n\r\n",
        post + b"content-length: 99999999999999999999999\r\n\r\n",
        post + b"content-length: 2\r\ncontent-length: 5\r\n\r\n{}",
        post + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        post + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        post + b"transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        post + b"content-length: 5000000000\r\n\r\n{",
        post + b"content-length: 200000\r\n\r\n" + b"[" * 200_000,
        post + b"content-length: 4\r\n\r\n\xff\xfe\xff\xfe",
        *(source.randbytes(source.randrange(1, 4096)) for _ in range(200)),
    ]
    with case.serving(registry.root, more=LIMITS) as server:
        address = urllib.parse.urlparse(server.url)
        with asking(server, MODEL, case.names, case.row, address=HONEST) as asker:
            found = []
            threads = [threading.Thread(target=lambda m=m: found.append((m, say(address, m)))) for m in messages]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        wrong = [(message[:60], reply[:80]) for message, reply in found if not refused(reply)]
        assert not wrong, f"{len(wrong)} messages were not refused: {wrong[:3]}"
    refusals = sum(reply.startswith(b"HTTP/1.1 4") for _, reply in found)
    return f"{len(found)} messages: {refusals} refused with 4xx, the others closed; {asker.count} others answered"


def say(address, message):
    """What comes back, up to the end of the connection."""
    reply = b""
    with contextlib.suppress(ConnectionError, BrokenPipeError), connect(address) as connection:
        connection.settimeout(10)
        with contextlib.suppress(ConnectionError, BrokenPipeError):
            connection.sendall(message)
        with contextlib.suppress(TimeoutError):
            while part := connection.recv(65536):
                reply += part
            return reply
        return b"(still open)"
    return reply


def refused(reply):
    return reply == b"" or reply.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.1 505", b"HTTP/1.1 501"))
