#!/usr/bin/env python3
"""The n-th write, fsync or allocation fails: for n = 1, 2, 3 … until the command no longer comes to it, or for a sample of them."""

import errno
import itertools
import json
import os
import shutil
import signal
import subprocess
import unittest

from faults import LINE_CODES, ROUNDS, Faults

SHIM = os.environ.get("THONGSUOT_FAILING_CALLS", "")
ERRORS = [errno.EIO, errno.ENOSPC, 0]  # 0: a write that takes half of its bytes
PASSES = 1 + ROUNDS // 100
LARGE_BYTES = 8000  # an allocation that a program with little memory is refused before others
# Without memory libraries may end the process (zstd 1.5.4 does where it digests a dictionary): what it wrote must hold all the same.
ENDED_AT_ONCE = (-signal.SIGABRT, -signal.SIGSEGV)
SAMPLES = max(3, ROUNDS // 8)


class FailingCalls(Faults):
    def setUp(self):
        if not os.path.isfile(SHIM):
            print(f"SKIPPED: {self.id()} (THONGSUOT_FAILING_CALLS names no library; none is made with sanitizers)", flush=True)
            self.skipTest("no library")
        super().setUp()
        self.mark = self.root / "mark"

    def failing(self, folder, kind, at):
        """The environment in which the call of this number fails, and in some cases all behind it."""
        self.mark.unlink(missing_ok=True)
        error = self.dice.choice(ERRORS)
        self.fault = {"FAIL_UNDER": str(self.root / folder), "FAIL_KIND": kind, "FAIL_AT": str(at), "FAIL_ERRNO": str(error),
                      "FAIL_BYTES": str(LARGE_BYTES)}
        if error != 0 and kind == "disk" and self.dice.random() < 0.5:
            self.fault["FAIL_FROM"] = "1"
        return {**os.environ, "LD_PRELOAD": SHIM, "FAIL_MARK": str(self.mark), **self.fault}

    def until_none_fails(self, folder, kind, step, attempt):
        """`attempt(environment)` with the first, second, third … call failing, as far as there are any. A short run takes steps."""
        step = max(1, step * 25 // ROUNDS)
        for _ in range(PASSES):
            for at in itertools.count(1 + self.dice.randrange(step), step):
                attempt(self.failing(folder, kind, at))
                if not self.mark.exists():
                    break
                self.counts[f"{kind} calls failed"] += 1

    def samples(self, folder, calls, attempt):
        """`attempt(environment)` with some of all allocations failing, however small."""
        for _ in range(SAMPLES):
            attempt({**self.failing(folder, "memory", self.dice.randrange(1, calls)), "FAIL_BYTES": "0"})
            self.counts["small allocations failed" if self.mark.exists() else "allocations not reached"] += 1

    def try_command(self, environment, name, *arguments):
        """What it answered, or None: then it has said why, or, with no memory left to say so, was aborted."""
        process = self.begin(name, *arguments, env=environment, stderr=subprocess.PIPE)
        said, cries = process.communicate(timeout=150)
        where = f"{arguments} with {self.fault}: {process.returncode} {said}{cries}"
        if self.fault["FAIL_KIND"] == "memory" and process.returncode in ENDED_AT_ONCE:
            self.counts[f"ended at once by signal {-process.returncode}"] += 1
            return None
        self.assertIn(process.returncode, (0, 1), where)
        document = json.loads(said) if said else None  # not said: it could not be printed
        if process.returncode == 0:
            self.assertIsNotNone(document, where)
            return document
        code = document["error"]["code"] if said and "error" in document else "not printed"
        self.counts[code] += 1
        self.assertIn(code, {"io"} if self.fault["FAIL_KIND"] == "disk" else {"io", "internal", "not printed"}, where)
        return None

    # ---- What is tried

    def note(self, environment):
        task, text = self.new_note()
        if self.try_command(environment, "commune", "task", "progress", task, "--text", text):
            self.known[task].add(text)
        self.check_commune(task)
        if text not in self.known[task]:  # refused: the same command is taken without the fault
            self.commune("task", "progress", task, "--text", text)
            self.known[task].add(text)

    def sync(self, environment):
        self.write_note()
        self.note_sent(self.try_command(environment, "commune", "sync"))
        self.check_commune(self.dice.choice(self.tasks))
        if self.dice.random() < 0.3:
            self.office("sync")
            self.check_notes(self.office, self.sent, self.dice.choice(self.tasks))

    def serve(self, environment):
        """The server runs under the fault for one sync of the commune."""
        self.write_note()
        self.stop()
        self.server = subprocess.Popen(self.server_command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        if self.server.stdout.readline().startswith("ready"):
            self.note_sent(self.answer(self.begin("commune", "sync"), LINE_CODES))
            self.server.terminate()
        said = "".join(self.server.communicate(timeout=30))
        ended, self.server = self.server.returncode, None
        self.counts[f"server ended with {ended}"] += 1
        self.assertIn(ended, (0, 1) if self.fault["FAIL_KIND"] == "disk" else (0, 1, *ENDED_AT_ONCE), f"{self.fault}: {said}")
        self.start()
        self.office("sync")
        self.check_notes(self.office, self.sent, self.dice.choice(self.tasks))

    def test_a_client_whose_disk_fails(self):
        self.until_none_fails("commune", "disk", 3, self.note)
        self.until_none_fails("commune", "disk", 9, self.sync)
        self.converge()

    def enrol_new(self, environment):
        """A new home under the fault: what was refused is done by the same command without it."""
        code = self.office("authority", "invite", "--unit", "X002", "--officer", "A", "--role", "officer")["code"]
        self.office("sync")
        enrolled = self.try_command(environment, "new", "enrol", "--invite", code) or self.home("new")("enrol", "--invite", code)
        self.assertEqual(enrolled["unit"], "X002")
        self.home("new")("status")
        shutil.rmtree(self.root / "new")

    def test_an_enrolment_whose_disk_fails(self):
        self.until_none_fails("new", "disk", 12, self.enrol_new)
        self.converge()

    def test_a_server_whose_disk_fails(self):
        self.until_none_fails("server", "disk", 3, self.serve)
        self.converge()

    def test_programs_without_memory(self):
        self.until_none_fails("commune", "memory", 5, self.note)
        self.until_none_fails("commune", "memory", 7, self.sync)
        self.samples("commune", 6500, self.note)
        self.samples("commune", 5700, self.sync)
        self.samples("server", 1900, self.serve)
        self.converge()


if __name__ == "__main__":
    unittest.main()
