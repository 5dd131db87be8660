#!/usr/bin/env python3
"""kill -9 at any instant: what was acknowledged stays, nothing is there by halves, and work goes on."""

import signal
import time
import unittest

from faults import LINE_CODES, ROUNDS, Faults


class Kills(Faults):
    def kill(self, process, folder, work):
        """Kills the process at an instant of this work; mostly while or soon after it writes. True if it was still running."""
        data = self.root / folder / "store" / "data.mdb"
        before = data.stat().st_mtime_ns
        deadline = time.monotonic() + self.dice.choice([0.03 * self.dice.random(), 60, 60, 60])
        while any(one.poll() is None for one in work) and data.stat().st_mtime_ns == before and time.monotonic() < deadline:
            time.sleep(0.0002)
        # At once, or as long as a commit, a few of them, a session may take.
        time.sleep(self.dice.choice([0, 0, 0.002, 0.01, 0.05]) * self.dice.random())
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
        wrote = data.stat().st_mtime_ns != before
        killed = process.returncode == -signal.SIGKILL
        self.counts["killed after a write" if killed and wrote else "killed before a write" if killed else "too late"] += 1
        return killed


class ClientKills(Kills):
    ROWS = 12

    def test_every_command_may_end_anywhere(self):
        rounds = [self.killed_import, self.killed_note, self.killed_sync]
        for i in range(ROUNDS):
            rounds[i % 3](i)
        self.converge()

    def killed_import(self, i):
        """A table is there whole or not at all, in all of its units."""
        # Texts that do not compress: the table takes several entries.
        lines = [f"{row},Lô{i}x việc {row} {self.dice.randbytes(3000).hex()}" for row in range(self.ROWS)]
        (self.root / "t.csv").write_text("\n".join(["STT,Nội dung theo dõi", *lines]), encoding="utf-8")
        process = self.begin("office", "import", self.root / "t.csv", "--yes", "--assign-to", "X001,X002")
        killed = self.kill(process, "office", [process])
        process.stdout.close()
        found = len(self.office("task", "list", "--search", f"Lô{i}x"))
        self.assertIn(found, (0, 2 * self.ROWS) if killed else (2 * self.ROWS,))
        self.counts["import whole" if found else "import without effect"] += 1

    def killed_note(self, i):
        """A note that was said to be saved is saved; the others may be."""
        task, text = self.new_note()
        process = self.begin("commune", "task", "progress", task, "--text", text)
        self.kill(process, "commune", [process])
        if process.stdout.read().endswith("\n"):  # its answer came, whatever became of it then
            self.known[task].add(text)
        process.stdout.close()
        self.check_commune(task)
        self.counts["note saved" if text in self.known[task] else "note without effect"] += 1

    def killed_sync(self, i):
        """Nothing is lost or doubled by a sync that ended; the next goes on where it can."""
        if i % 4 == 0:
            self.office("sync")  # brings tables to receive
        self.write_note()
        process = self.begin("commune", "sync")
        self.kill(process, "commune", [process])
        process.stdout.close()
        self.check_commune(self.dice.choice(self.tasks))
        if i % 5 == 0:
            self.note_sent(self.commune("sync"))


class ServerKills(Kills):
    def test_what_the_server_acknowledged_survives_it(self):
        pending = False
        for i in range(ROUNDS):
            if not pending:
                self.write_note()
            if i % 5 == 0:
                (self.root / "t.csv").write_text(f"STT,Nội dung theo dõi\n1,Thêm việc {i}\n", encoding="utf-8")
                self.office("import", self.root / "t.csv", "--yes", "--assign-to", "X001")
            syncs = [self.begin("commune", "sync"), self.begin("office", "sync")]
            self.kill(self.server, "server", syncs)
            self.server.stdout.close()
            reports = [self.answer(sync, LINE_CODES) for sync in syncs]
            self.note_sent(reports[0])
            pending = not reports[0] or reports[0]["pending"] > 0
            self.counts["acknowledged" if reports[0] else "not acknowledged"] += 1
            self.start()
            # What the office receives now comes from the server's disk alone.
            self.office("sync")
            self.check_notes(self.office, self.sent, self.dice.choice(self.tasks))
            if i % 3 == 2 and pending:
                self.note_sent(self.commune("sync"))
                pending = False
        self.converge()


if __name__ == "__main__":
    unittest.main()
