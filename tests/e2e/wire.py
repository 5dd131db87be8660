"""A line between a client and the server, with faults."""

import socket
import threading
import time
from dataclasses import dataclass


@dataclass
class Way:
    """What is wrong with one direction of a line. Numbers of bytes count from the beginning of each connection."""
    cut: int | None = None  # the connection ends after so many
    altered: int | None = None  # this one is changed
    repeated: int | None = None  # what arrives with this one, from it on, arrives twice
    swapped: int | None = None  # what arrives with this one, from it on, arrives with its halves exchanged
    stalled: int | None = None  # before this one nothing passes for `seconds`
    seconds: float = 0
    delay: float = 0  # seconds that everything takes longer
    rate: int | None = None  # bytes a second

    def pieces(self, data, passed):
        """What arrives in place of the next bytes."""
        at = lambda place: place - passed if place is not None and passed <= place < passed + len(data) else None
        if at(self.stalled) is not None:
            time.sleep(self.seconds)
        if (i := at(self.altered)) is not None:
            data = data[:i] + bytes([data[i] ^ 1]) + data[i + 1:]
        if (i := at(self.repeated)) is not None:
            data += data[i:]
        if (i := at(self.swapped)) is not None:
            middle = (i + len(data)) // 2
            data = data[:i] + data[middle:] + data[i:middle]
        time.sleep(self.delay)
        step = len(data) if self.rate is None else max(1, self.rate // 20)
        for i in range(0, len(data), step):
            yield data[i:i + step]
            if self.rate is not None:
                time.sleep(step / self.rate)


class Wire:
    """`up` is the way to the server, `down` that of its answers; a connection has the faults that they have when it begins."""

    def __init__(self, server):
        self.server = tuple(server.split(":"))
        self.up, self.down = Way(), Way()
        self.ends = []
        self.carries = None  # so many more connections; those after them are taken, and nothing comes back
        self.holds = threading.Event()  # one of these is there
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if self.carries == 0:
                self.ends.append(near)
                self.holds.set()
                continue
            if self.carries is not None:
                self.carries -= 1
            try:
                far = socket.create_connection(self.server, timeout=10)
            except OSError:  # the server is away
                near.close()
                continue
            far.settimeout(None)
            self.ends += [near, far]
            threading.Thread(target=self.carry, args=(near, far, self.up), daemon=True).start()
            threading.Thread(target=self.carry, args=(far, near, self.down), daemon=True).start()

    @staticmethod
    def carry(source, target, way):
        try:
            passed = 0
            while data := source.recv(65536 if way.cut is None else min(way.cut - passed, 65536)):
                for piece in way.pieces(data, passed):
                    target.sendall(piece)
                passed += len(data)
                if passed == way.cut:
                    source.shutdown(socket.SHUT_RDWR)
                    target.shutdown(socket.SHUT_RDWR)
                    return
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def carry_only(self, connections):
        """From now on; None = all."""
        self.holds.clear()
        self.carries = connections

    def hang_up(self):
        """Ends the connections that there are."""
        for end in self.ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.hang_up()
        for end in [self.listener, *self.ends]:
            end.close()
