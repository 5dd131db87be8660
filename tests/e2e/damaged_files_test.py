#!/usr/bin/env python3
"""Flipped bits, lost sectors and cut files of a home and of the server's data: refused or harmless, never a wrong word."""

import json
import shutil
import signal
import subprocess
import unittest

from faults import LINE_CODES, ROUNDS, Faults
from province import BIN

META_BYTES = 8192  # LMDB's two meta pages
# LMDB's pages have no checksums: a damaged one can end the process (docs/adr, number 4).
ENDED_BY = {-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT}
SAID = {"corrupt", "io", "malformed", "wrong_passphrase", "unsupported", "not_found", "limit", "internal", "bad_signature"}


class DamagedFiles(Faults):
    def damage(self, path):
        """Changes the file; where, and how."""
        data = bytearray(path.read_bytes())
        pages = path.name == "data.mdb"
        at = self.dice.randrange(len(data))
        if pages and self.dice.random() < 0.25:
            at = self.dice.randrange(META_BYTES)
        self.in_meta = pages and at < META_BYTES
        kind = self.dice.choice(["flip", "flip", "flip", "flips", "sector", "cut"])
        if kind == "flip":
            data[at] ^= 1 << self.dice.randrange(8)
        elif kind == "flips":
            for at in self.dice.choices(range(len(data)), k=20):
                data[at] ^= 1 << self.dice.randrange(8)
                self.in_meta |= pages and at < META_BYTES
        elif kind == "sector":
            at -= at % 512
            data[at:at + 512] = bytes(len(data[at:at + 512]))
        else:
            del data[at:]
        path.write_bytes(data)
        return f"{kind} at {at} of {path.name}"

    def restore(self, folder):
        shutil.rmtree(self.root / folder)
        shutil.copytree(self.root / f"{folder}.kept", self.root / folder)

    def outcome(self, command, where):
        """The document that a program printed about damaged files, None if it refused with a sentence or ended."""
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if done.returncode in ENDED_BY:
            self.counts[f"ended by {signal.Signals(-done.returncode).name}"] += 1
            return None
        self.assertIn(done.returncode, (0, 1), f"{where}: {done.stdout}{done.stderr}")
        document = json.loads(done.stdout or done.stderr)
        if done.returncode == 0:
            return document
        error = document["error"]
        self.counts[error["code"]] += 1
        self.assertIn(error["code"], SAID | LINE_CODES, f"{where}: {error}")
        self.assertRegex(error["message"], r"^[^a-z\n].*[.?!)]$", where)
        return None

    def check_state(self, state, states, where):
        """What is shown is the truth. A damaged meta page can make LMDB show an earlier state, but nothing that never was."""
        self.counts["as before" if state == states[-1] else "an earlier state"] += 1
        self.assertIn(state, states if self.in_meta else states[-1:], where)

    def send_notes(self):
        for _ in range(2):
            self.write_note()
        self.note_sent(self.commune("sync"))

    def test_a_damaged_home_shows_no_wrong_word(self):
        questions = [("task", "list"), ("task", "history", self.tasks[0]), ("report", "summary", "--as-of", "2026-11-22")]
        states = []
        for _ in range(2):
            self.send_notes()
            self.commune("sync")  # its commit changes nothing that is shown
            states.append({question: self.commune(*question) for question in questions})
        shutil.copytree(self.root / "commune", self.root / "commune.kept")
        for _ in range(ROUNDS):
            where = self.damage(self.root / "commune" / self.dice.choice(["store/data.mdb"] * 8 + ["vault", "store/lock.mdb"]))
            question = self.dice.choice(questions)
            shown = self.outcome(self.command("commune", *question), where)
            if shown is not None:
                self.check_state(shown, [state[question] for state in states], where)
            self.restore("commune")
        self.converge()

    def test_a_damaged_server_hands_out_no_wrong_word(self):
        self.send_notes()
        self.office("sync")
        self.send_notes()
        shutil.copytree(self.root / "office", self.root / "office.kept")  # has notes to receive
        behind = self.digests(self.office)
        self.office("sync")
        states = [behind, self.digests(self.office)]
        self.stop()
        shutil.copytree(self.root / "server", self.root / "server.kept")
        for _ in range(ROUNDS):
            self.restore("office")
            where = self.damage(self.root / "server" / self.dice.choice(["store/data.mdb"] * 8 + ["server.key", "store/lock.mdb"]))
            self.outcome([BIN / "thongsuot-server", "health", "--data", self.root / "server", "--json"], where)
            self.server = subprocess.Popen(self.server_command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            if self.server.stdout.readline().startswith("ready"):
                self.counts["served"] += 1
                report = self.outcome(self.command("office", "sync"), where)
                if report is not None:
                    self.check_state(self.digests(self.office), states, where)
                self.server.terminate()
            _, said = self.server.communicate(timeout=30)
            ended, self.server = self.server.returncode, None
            self.assertIn(ended, {0, 1} | ENDED_BY, f"{where}: {said}")
            self.counts[f"server ended with {ended}"] += 1
            self.restore("server")
        self.restore("office")
        self.start()
        self.converge()


if __name__ == "__main__":
    unittest.main()
