#!/usr/bin/env python3
"""At stake: tests of a broken network that break nothing, or break it by themselves.

    tests/faults/proxy_test.py PROGRAM      the built proxy

A server that echoes stands behind the proxy; each test sends numbered bytes through it and says
what must come back, and when it must not. Nothing here waits for a time to be short: only for one
to be long enough.
"""
import os
import select
import socket
import struct
import sys
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from proxy import Proxy  # noqa: E402

PATIENCE_S = 60
TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Echo:
    """Sends back what it gets. `seen` is what arrived, `resets` how many connections were reset."""

    def __init__(self):
        self.seen, self.resets, self.ended = 0, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            while data := client.recv(65536):
                self.seen += len(data)
                client.sendall(data)
            self.ended += 1
        except OSError:
            self.resets += 1
        client.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def until(what, condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.01)


def numbered(size):
    return b"".join(struct.pack(">I", n) for n in range(size // 4))


def connect(proxy, pair=0):
    client = socket.create_connection(("127.0.0.1", proxy.ports[pair]), timeout=PATIENCE_S)
    client.settimeout(PATIENCE_S)
    return client


def read(client, size):
    data = bytearray()
    while len(data) < size:
        piece = client.recv(size - len(data))
        assert piece, f"it ended after {len(data)} of {size} bytes"
        data += piece
    return bytes(data)


def exchange(client, data):
    """Sends and reads at once, as much as does not fit into any buffer."""
    sender = threading.Thread(target=client.sendall, args=(data,), daemon=True)
    sender.start()
    back = read(client, len(data))
    sender.join(PATIENCE_S)
    return back


def silent(client, seconds=0.3):
    return not select.select([client], [], [], seconds)[0]


@test
def bytes_pass_as_they_are(proxy, echo):
    """Megabytes both ways at once on several connections, and each end's end arrives."""
    data = numbered(3 << 20)
    clients = [connect(proxy) for _ in range(3)]
    backs = [None] * 3
    threads = [threading.Thread(target=lambda i=i: backs.__setitem__(i, exchange(clients[i], data)))
               for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert all(back == data for back in backs), "bytes were changed"
    for client in clients:
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b"", "the end did not come back"
        client.close()
    until("no connections", lambda: proxy.tell("count", 0)[0] == 0)
    assert proxy.tell("count", 0) == (0, 3, 3 * len(data), 3 * len(data))
    assert proxy.tell("count", 1) == (0, 0, 0, 0)
    until("three ends", lambda: echo.ended == 3)
    assert echo.resets == 0


@test
def delay_is_of_each_way(proxy, echo):
    """Nothing comes earlier than it may, and all of it comes, in order."""
    client = connect(proxy)
    proxy.tell("delay", 0, 150)
    began = time.monotonic()
    data = numbered(1 << 20)
    assert exchange(client, data) == data
    assert time.monotonic() - began >= 0.3
    proxy.tell("pass", 0)
    proxy.tell("delay", 0, 200, "up")
    began = time.monotonic()
    assert exchange(client, b"x") == b"x"
    assert time.monotonic() - began >= 0.2
    client.close()


@test
def hole_keeps_what_is_under_way(proxy, echo):
    """Nothing passes, not even an end; both ends believe in the connection; then all arrives."""
    client, dead = connect(proxy), connect(proxy)
    assert exchange(client, b"before") == b"before" and exchange(dead, b"before") == b"before"
    proxy.tell("hole", "all")
    client.sendall(b"meanwhile")
    dead.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    dead.close()
    late = connect(proxy)
    late.sendall(b"late")
    assert silent(client) and silent(late)
    assert echo.seen == 12 and echo.resets == 0 and echo.ended == 0
    cpu = time_of(proxy.process.pid)
    time.sleep(0.5)
    assert time_of(proxy.process.pid) - cpu < 0.2, "it turns while there is nothing to do"
    proxy.tell("pass", "all")
    assert read(client, 9) == b"meanwhile" and read(late, 4) == b"late"
    until("the reset", lambda: echo.resets == 1)
    client.close()
    late.close()


@test
def hole_of_one_way(proxy, echo):
    """The target gets what is sent, and its answers do not arrive."""
    client = connect(proxy)
    proxy.tell("hole", 0, "down")
    client.sendall(b"question")
    until("it arrives", lambda: echo.seen == 8)
    assert silent(client)
    proxy.tell("pass", 0)
    assert read(client, 8) == b"question"
    client.close()


def time_of(pid):
    """Seconds of processor time."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@test
def reset_and_refuse(proxy, echo):
    """All connections are reset at both ends; refused ones never reach the target; other pairs have
    nothing of it; and the port is the same one afterwards."""
    client, other = connect(proxy), connect(proxy, 1)
    assert exchange(client, b"a") == b"a"
    proxy.tell("refuse", 0)
    proxy.tell("refuse", 0)
    assert exchange(client, b"b") == b"b", "a connection that existed was refused"
    for _ in range(3):
        try:
            connect(proxy)
            raise AssertionError("it was not refused")
        except ConnectionRefusedError:
            pass
    assert proxy.tell("reset", 0)[0] == 1
    try:
        assert client.recv(1) != b"", "it ended in good order"
        raise AssertionError("there was something to read")
    except ConnectionResetError:
        pass
    until("the reset at the target", lambda: echo.resets == 1)
    assert exchange(other, b"c") == b"c"
    proxy.tell("pass", 0)
    again = connect(proxy)
    assert exchange(again, b"d") == b"d"
    for one in (client, other, again):
        one.close()


@test
def cut_is_at_the_byte(proxy, echo):
    """The target gets exactly so many bytes and a reset; the next connection is whole."""
    client = connect(proxy)
    proxy.tell("cut", 0, 1000, "up")
    try:
        client.sendall(numbered(4000))
        while client.recv(4096):
            pass
        raise AssertionError("it ended in good order")
    except OSError:
        pass
    until("the reset", lambda: echo.resets == 1)
    assert proxy.tell("count", 0)[2] == 1000
    assert echo.seen <= 1000, "a reset may take bytes with it, and adds none"
    again = connect(proxy)
    data = numbered(100000)
    assert exchange(again, data) == data
    again.close()


@test
def limit_holds_over_all_connections(proxy, echo):
    """So many bytes a second, however many connections share them."""
    clients = [connect(proxy) for _ in range(2)]
    proxy.tell("limit", 0, 100000, "up")
    data = numbered(50000)
    began = time.monotonic()
    threads = [threading.Thread(target=exchange, args=(client, data)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    took = time.monotonic() - began
    assert took >= 0.9, f"100,000 bytes at 100,000 a second took {took:.2f} s"
    assert proxy.tell("count", 0)[3] == 100000, "not all came back"
    proxy.tell("pass", 0)
    assert exchange(clients[0], numbered(1 << 20)) == numbered(1 << 20)
    for client in clients:
        client.close()


@test
def target_that_is_down(proxy, echo):
    """Who connects while the target does not listen is refused, or reset at once."""
    echo.close()
    try:
        client = connect(proxy)
        client.sendall(b"x")
        assert client.recv(1) != b"", "it ended in good order"
        raise AssertionError("somebody answered")
    except OSError:
        pass
    until("no connections", lambda: proxy.tell("count", "all")[0] == 0)


@test
def words_that_are_none(proxy, echo):
    """A mistake in a command is answered and changes nothing."""
    for words in ("", "delay", "delay 0", "delay 2 5", "delay all", "delay 0 -1", "delay 0 5 left",
                  "delay 0 5 up more", "hole 0 5", "pass", "reset 0 up", "flood 0", "limit 0 1x"):
        proxy.process.stdin.write(words + "\n")
        proxy.process.stdin.flush()
        assert proxy.process.stdout.readline().startswith("error "), words
    client = connect(proxy)
    assert exchange(client, b"x") == b"x"
    client.close()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    passed = failed = 0
    for one in TESTS:
        echo = Echo()
        proxy = Proxy(sys.argv[1], [echo.port, echo.port])
        try:
            one(proxy, echo)
            passed += 1
        except Exception:  # a test that cannot run has failed
            failed += 1
            print(f"FAIL  {one.__name__}")
            traceback.print_exc(limit=-2, file=sys.stdout)
        finally:
            proxy.close()
        if proxy.process.returncode != 0:
            failed += 1
            print(f"FAIL  {one.__name__}: the proxy ended with {proxy.process.returncode}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
