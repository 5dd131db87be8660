"""What the tests of faults share: a seed, a commune with tasks, and what is known of the notes written into them."""

import json
import os
import random
import shutil
import subprocess
import tempfile
from collections import defaultdict

from province import BIN, SAMPLE, Province

SEED = int(os.environ.get("THONGSUOT_FAULT_SEED") or random.SystemRandom().randrange(1 << 32))
ROUNDS = int(os.environ.get("THONGSUOT_FAULT_ROUNDS") or 25)
# Where to look after a refusal that is nobody's mistake: the line, the disk, the stored data.
LINE_CODES = {"cut", "unreachable", "server_paused"}


class Faults(Province):
    """An office and a commune that share the tasks of the sample; everything random comes from the seed."""

    kept = None  # the province as the first test of the class made it, for the others: its folder, address and tasks

    def setUp(self):
        print(f"{self.id()}: THONGSUOT_FAULT_SEED={SEED} THONGSUOT_FAULT_ROUNDS={ROUNDS}", flush=True)
        self.dice = random.Random(f"{SEED} {self._testMethodName}")
        self.counts = defaultdict(int)
        self.tried = defaultdict(set)  # notes that a command was asked to write, by task
        self.known = defaultdict(set)  # those of them that were acknowledged, or seen once
        self.sent = defaultdict(set)  # those of them that the server has acknowledged
        self.numbers = iter(range(1 << 30))
        super().setUp()

    def found(self):
        self.commune = self.home("commune")
        if self.kept:
            folder, self.address, self.tasks = self.kept
            shutil.copytree(folder, self.root, dirs_exist_ok=True)
            self.start()
            return
        super().found()
        self.units()
        self.enrol("commune", "X001", through=self.line())
        self.office("import", SAMPLE / "tasks.csv", "--yes", "--assign-to", "X001")
        self.office("sync")
        self.commune("sync")
        self.tasks = [task["id"] for task in self.commune("task", "list")[:6]]
        self.stop()
        folder = tempfile.mkdtemp(prefix="thongsuot-e2e-kept-")
        self.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        shutil.copytree(self.root, folder, dirs_exist_ok=True)
        type(self).kept = folder, self.address, self.tasks
        self.start()

    def line(self):
        """The address at which the commune reaches the server, if it is another one."""
        return None

    def tearDown(self):
        print(f"{self.id()}: {dict(sorted(self.counts.items()))}", flush=True)

    def command(self, name, *arguments):
        key = self.root / f"{name}.key"
        opener = ["--key-file", key] if key.exists() and self.dice.random() < 0.9 else ["--passphrase-file", self.passphrase]
        return [BIN / "thongsuot", "--home", self.root / name, *opener, "--json", *map(str, arguments)]

    def begin(self, name, *arguments, **options):
        """The command, running."""
        return subprocess.Popen(self.command(name, *arguments), stdout=subprocess.PIPE, text=True, **options)

    def answer(self, process, codes=(), timeout=150, where=""):
        """What a command has answered: its JSON if it was done, else None; an error must be one of `codes`."""
        said, _ = process.communicate(timeout=timeout)
        self.assertIn(process.returncode, (0, 1), f"{where} {said}")
        document = json.loads(said)
        if process.returncode == 0:
            return document
        self.counts[document["error"]["code"]] += 1
        self.assertIn(document["error"]["code"], codes, f"{where} {document}")
        self.assertRegex(document["error"]["message"], r"^[^a-z\n].*[.?!)]$")
        return None

    # ---- Notes: written by the commune, followed to the office

    def new_note(self, rest=""):
        """A task and a text that stands nowhere yet."""
        task, text = self.dice.choice(self.tasks), f"Ghi chú {next(self.numbers)}{rest}"
        self.tried[task].add(text)
        return task, text

    def write_note(self, rest=""):
        task, text = self.new_note(rest)
        self.commune("task", "progress", task, "--text", text)
        self.known[task].add(text)

    def note_sent(self, report):
        """After a sync of the commune: with nothing pending, all that was known before it is with the server."""
        if report and report["pending"] == 0:
            for task, texts in self.known.items():
                self.sent[task] |= texts

    def check_notes(self, run, must, task):
        """Nothing of `must` is missing, nothing is there twice, nothing is there that nobody wrote."""
        shown = [h["summary"] for h in run("task", "history", task) if h["change"] == "noted"]
        self.assertEqual(len(shown), len(set(shown)), "a note stands twice")
        self.assertLessEqual(must[task], set(shown), "a note is lost")
        self.assertLessEqual(set(shown), self.tried[task], "a note that nobody wrote")
        return set(shown)

    def check_commune(self, task):
        self.known[task] |= self.check_notes(self.commune, self.known, task)

    def digests(self, run):
        return {s["scope"]: (s["size"], s["root"], s["state_digest"]) for s in run("status")["scopes"]}

    def converge(self):
        """Without faults everything written arrives, and both sides hold the same."""
        self.note_sent(self.commune("sync"))
        self.assertEqual(self.office("sync")["pending"], 0)
        self.assertEqual(self.commune("sync")["pending"], 0)
        for task in self.tasks:
            self.check_commune(task)
            self.assertEqual(self.check_notes(self.office, self.known, task), self.known[task])
        office, commune = self.digests(self.office), self.digests(self.commune)
        self.assertLessEqual(set(commune), set(office))
        self.assertEqual(commune, {scope: office[scope] for scope in commune})
        health = self.program("thongsuot-server", "health", "--data", self.root / "server", "--json")
        self.assertTrue(health["running"])
        self.assertEqual(health["entries"], sum(size for size, _, _ in office.values()))
