#!/usr/bin/env python3
"""Disks without room: a file limit of the system, and small file systems of their own that are filled up."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import unittest

from faults import LINE_CODES, ROUNDS, Faults

MIB = 1 << 20


def limited(file_bytes, xfsz):
    """For a process in which no file can grow beyond this size; `xfsz` is what it inherits for the signal that says so."""
    def prepare():
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
        signal.signal(signal.SIGXFSZ, xfsz)
    return prepare


class FullDisk(Faults):
    def file_limit(self, folder):
        """Nothing at all, a little, or a few pages more than the data has."""
        size = (self.root / folder / "store" / "data.mdb").stat().st_size
        bytes_max = self.dice.choice([0, 100, size - 4096, size, size + 4096 * self.dice.randrange(1, 12) - self.dice.randrange(4096)])
        return limited(bytes_max, self.dice.choice([signal.SIG_DFL, signal.SIG_IGN]))

    def move_to_small_disk(self, folder, size):
        home, away = self.root / folder, self.root / f"{folder}.away"
        home.rename(away)
        home.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", home], capture_output=True, text=True)
        if done.returncode != 0:
            print(f"SKIPPED: {self.id()} (no small file system can be mounted here: {done.stderr.strip()})", flush=True)
            self.skipTest("no mount")
        self.addCleanup(subprocess.run, ["umount", "-l", home], check=True)
        shutil.copytree(away, home, dirs_exist_ok=True)
        home.chmod(0o700)

    def fill(self, folder, left):
        """Takes all room of the disk but so many bytes."""
        self.empty(folder)
        disk = os.statvfs(self.root / folder)
        size = disk.f_bavail * disk.f_frsize - left
        with open(self.root / folder / "filler", "wb") as filler:
            if size > 0:
                os.posix_fallocate(filler.fileno(), 0, size)

    def empty(self, folder):
        (self.root / folder / "filler").unlink(missing_ok=True)

    def serve_one_sync(self, **options):
        """The commune synchronises with a server that has no room: it is told so, or served; the server ends at most over its own
        disk, with a sentence."""
        self.start(stderr=subprocess.PIPE, **options)
        self.note_sent(self.answer(self.begin("commune", "sync"), LINE_CODES))
        self.server.terminate()
        _, said = self.server.communicate(timeout=30)
        if self.server.returncode != 0:
            self.assertEqual(self.server.returncode, 1)
            self.assertRegex(said.splitlines()[-1], r"^thongsuot-server: [A-Z].*[.]$")
            self.counts["server ended"] += 1
        self.server = None

    def check_server(self):
        """With room again: what it acknowledged is there."""
        self.start()
        self.office("sync")
        self.check_notes(self.office, self.sent, self.dice.choice(self.tasks))

    def tried_note(self, **options):
        """A note under a fault: saved, or refused with a sentence and saved by the same command once there is room."""
        task, text = self.new_note()
        begun = self.begin("commune", "task", "progress", task, "--text", text, **options)
        done = self.answer(begun, {"io"})
        self.counts["note saved" if done else "note refused"] += 1
        if done:
            self.known[task].add(text)
        return task, text, done

    def test_a_client_without_room_refuses_and_goes_on_with_room(self):
        for i in range(max(6, ROUNDS // 3)):
            options = {"preexec_fn": self.file_limit("commune")}
            if i % 3 == 2:
                self.answer(self.begin("commune", "sync", **options), {"io"})
                self.note_sent(self.commune("sync"))
                self.check_notes(self.commune, self.known, self.dice.choice(self.tasks))
                continue
            task, text, done = self.tried_note(**options)
            self.check_commune(task)
            if not done and text not in self.known[task]:
                self.commune("task", "progress", task, "--text", text)
                self.known[task].add(text)
        self.move_to_small_disk("commune", "24m")
        for left in [0, 4096, 100_000, 3 * MIB, 5 * MIB][:max(3, ROUNDS // 5)]:
            self.fill("commune", left)
            task, text, done = self.tried_note()
            self.check_commune(task)  # reads without room
            self.answer(self.begin("commune", "sync"), {"io"})
            self.empty("commune")
            if not done:
                self.commune("task", "progress", task, "--text", text)
                self.known[task].add(text)
        self.converge()

    def test_a_home_is_made_once_there_is_room(self):
        (self.root / "new").mkdir()
        self.move_to_small_disk("new", "24m")
        code = self.office("authority", "invite", "--unit", "X002", "--officer", "A", "--role", "officer")["code"]
        self.office("sync")
        for left in (0, 4096, 60_000, 200_000, 3 * MIB):
            self.fill("new", left)
            self.answer(self.begin("new", "enrol", "--invite", code), {"io"})
        self.empty("new")
        self.assertEqual(self.home("new")("enrol", "--invite", code)["unit"], "X002")

    def test_a_server_without_room_loses_nothing_it_acknowledged(self):
        self.stop()
        for i in range(max(4, ROUNDS // 4)):
            self.write_note()
            self.serve_one_sync(preexec_fn=self.file_limit("server"))
            self.check_server()
            self.stop()
        self.move_to_small_disk("server", "24m")
        for left in [0, 4096, 100_000, 3 * MIB, 5 * MIB][:max(3, ROUNDS // 5)]:
            self.write_note()
            self.fill("server", left)
            self.serve_one_sync()
            self.empty("server")
            self.check_server()
            self.stop()
        self.start()
        self.converge()


if __name__ == "__main__":
    # In mounts of its own, if the system has them: no mount outlives the test, and no right of the administrator is needed.
    alone = ["unshare", "--map-root-user", "--mount"]
    if "THONGSUOT_OWN_MOUNTS" not in os.environ and shutil.which("unshare"):
        os.environ["THONGSUOT_OWN_MOUNTS"] = "yes"
        if subprocess.run([*alone, "true"], stderr=subprocess.DEVNULL).returncode == 0:
            os.execvp("unshare", [*alone, sys.executable, "-B", *sys.argv])
    unittest.main()
