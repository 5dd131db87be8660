"""A line between a client and the server, with faults."""

import socket
import threading


class Wire:
    """A line to the server that can be cut, or changed: every connection ends after so many bytes of answers, or has one
    byte of its answers altered."""

    def __init__(self, server):
        self.server = tuple(server.split(":"))
        self.limit = None
        self.altered = None  # which byte of each connection's answers
        self.ends = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(self.server, timeout=10)
            except OSError:
                return
            self.ends += [near, far]
            threading.Thread(target=self.carry, args=(near, far, None), daemon=True).start()
            threading.Thread(target=self.carry, args=(far, near, self.limit), daemon=True).start()

    def carry(self, source, target, limit):
        try:
            passed = 0
            while data := source.recv(65536 if limit is None else min(limit, 65536)):
                if self.altered is not None and source.getpeername() == (self.server[0], int(self.server[1])):
                    data = bytes(b ^ 1 if passed + i == self.altered else b for i, b in enumerate(data))
                passed += len(data)
                target.sendall(data)
                if limit is not None:
                    limit -= len(data)
                    if limit <= 0:
                        break
            target.shutdown(socket.SHUT_WR)
            if limit is not None:
                source.shutdown(socket.SHUT_RDWR)
                target.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        for end in [self.listener, *self.ends]:
            end.close()
