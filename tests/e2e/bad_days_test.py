#!/usr/bin/env python3
"""The server's bad days: backups and their restoring, work without right, a clock that jumps, a disk without room."""

import os
import random
import shutil
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

from province import BIN, SAMPLE, Province

DRILL = Path(os.environ["THONGSUOT_DRILL"])
DAY = 24 * 3600


class BadDays(Province):
    def admin(self, *arguments, data="server", expect=0):
        """A verb of the server's program."""
        return self.program("thongsuot-server", *arguments, "--data", self.root / data, "--json", expect=expect)

    def refused_admin(self, code, *arguments, data="server"):
        error = self.admin(*arguments, data=data, expect=1)["error"]
        self.assertEqual(error["code"], code, error["message"])
        self.assertRegex(error["message"], r"^[A-Z'].*[.?!)]$")
        self.assertNotIn("\n", error["message"])
        return error["message"]

    def work(self, name="commune", unit="X001"):
        """A commune with the tasks of the sample."""
        self.units()
        run = self.enrol(name, unit)
        self.office("import", SAMPLE / "tasks.csv", "--yes", "--assign-to", unit)
        self.office("sync")
        run("sync")
        self.task = run("task", "list")[0]["id"]
        return run

    def note(self, run, text):
        run("task", "progress", self.task, "--text", text)

    def keep_key(self):
        key = self.root / "key.copy"
        shutil.copy(self.root / "server" / "server.key", key)
        return key

    def swap_to(self, data):
        """The restored server takes the address of the old one, which never runs again."""
        self.stop()
        (self.root / "server").rename(self.root / "server.lost")
        (self.root / data).rename(self.root / "server")
        self.start()

    def log(self):
        return (self.root / "server" / "server.log").read_text(encoding="utf-8")


class ServerBadDays(BadDays):
    def test_a_hot_backup_during_pushes_is_whole_and_goes_on_as_the_server_was(self):
        commune = self.work()
        key = self.keep_key()
        ended = threading.Event()

        def push():
            for i in range(200):
                if ended.is_set():
                    return
                self.note(commune, f"Trong lúc sao lưu {i}")
                commune("sync")

        thread = threading.Thread(target=push)
        thread.start()
        try:
            backups = []
            for i in range(4):
                backups.append(self.admin("backup", "--out", self.root / f"b{i}"))
                until = time.monotonic() + 60
                while self.admin("health")["entries"] == backups[-1]["entries"] and time.monotonic() < until:
                    time.sleep(0.05)
        finally:
            ended.set()
            thread.join()
        entries = [b["entries"] for b in backups]
        self.assertEqual(entries, sorted(entries))
        self.assertLess(entries[0], entries[-1], "nothing was pushed between the backups")
        for i, made in enumerate(backups):
            self.assertEqual((self.root / f"b{i}").stat().st_mode & 0o777, 0o600)
            self.assertEqual((self.root / f"b{i}").stat().st_size, made["bytes"])
            restored = self.admin("restore", "--from", self.root / f"b{i}", "--key", key, data=f"r{i}")
            self.assertEqual((restored["entries"], restored["state"]), (made["entries"], "recovering"))
            health = self.admin("health", data=f"r{i}")
            self.assertEqual((health["entries"], health["state"]), (made["entries"], "recovering"))
        self.assertEqual(self.office("sync")["pending"], 0)

    def test_a_damaged_backup_is_refused_wherever_it_is_damaged(self):
        self.work()
        key = self.keep_key()
        backup = self.root / "backup"
        self.admin("backup", "--out", backup)
        whole = backup.read_bytes()
        dice = random.Random(7)
        places = [dice.randrange(len(whole)) for _ in range(20)] + [0, 20, 4096, len(whole) - 1, len(whole) - 13, len(whole) - 30]
        for place in places:
            backup.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1:])
            self.refused_admin("corrupt", "restore", "--from", backup, "--key", key, data="again")
            self.assertFalse((self.root / "again" / "server.key").exists(), place)
        backup.write_bytes(whole)
        self.admin("restore", "--from", backup, "--key", key, data="again")

    def test_restore_writes_over_nothing_and_wants_the_key_of_this_server(self):
        self.work()
        key = self.keep_key()
        backup = self.root / "backup"
        self.admin("backup", "--out", backup)
        self.refused_admin("invalid_input", "backup", "--out", backup)
        self.stop()
        before = sorted(p.name for p in (self.root / "server").iterdir())
        self.refused_admin("invalid_input", "restore", "--from", backup, "--key", key)
        self.assertEqual(before, sorted(p.name for p in (self.root / "server").iterdir()))
        self.program("thongsuot-server", "init", "--data", self.root / "other")
        other = self.root / "other" / "server.key"
        self.assertIn("key file", self.refused_admin("corrupt", "restore", "--from", backup, "--key", other, data="again"))
        self.refused_admin("not_found", "restore", "--from", self.root / "none", "--key", key, data="again")
        self.refused_admin("not_found", "restore", "--from", backup, "--key", self.root / "none", data="again")
        self.admin("restore", "--from", backup, "--key", key, data="again")
        self.refused_admin("invalid_input", "restore", "--from", backup, "--key", key, data="again")
        self.start()

    def test_a_restored_server_serves_but_takes_nothing_until_resume(self):
        commune = self.work()
        late = self.enrol("late", "X002")
        key = self.keep_key()
        self.admin("backup", "--out", self.root / "backup")
        time.sleep(0.01)
        self.admin("restore", "--from", self.root / "backup", "--key", key, data="again")
        self.swap_to("again")
        entries = self.admin("health")["entries"]

        # A device that has lost its home downloads everything again; one that wrote is told to wait.
        self.note(commune, "Sau khi phục hồi")
        said = self.refusal(commune, "server_paused", "sync")
        self.assertIn("Nothing is lost", said)
        self.assertIn("by itself", said)
        self.assertEqual(sum(s["pending"] for s in commune("status")["scopes"]), 1)
        self.assertEqual(self.office("sync")["pending"], 0)
        self.office("authority", "invite", "--unit", "X003", "--officer", "A", "--role", "officer")
        self.refusal(self.office, "server_paused", "sync")
        self.assertEqual(self.admin("health")["entries"], entries)

        silent = self.admin("resume")
        self.assertEqual(silent["state"], "recovering")
        late_device = late("status")["device"]
        self.assertEqual([d["device"] for d in silent["not_heard"]], [late_device])
        self.assertEqual(silent["not_heard"][0]["unit"], "X002")
        self.assertTrue(silent["not_heard"][0]["last_heard"])
        late("sync")
        self.assertEqual(self.admin("resume")["not_heard"], [])
        self.stop()
        self.start()  # the mark is durable
        self.refusal(commune, "server_paused", "sync")
        self.assertEqual(self.admin("resume", "--yes")["state"], "ready")
        self.assertEqual(commune("sync")["entries_up"], 1)
        self.assertEqual(self.office("sync")["pending"], 0)
        self.assertEqual(self.admin("health")["state"], "ready")
        self.assertEqual(self.admin("resume")["backup_time"], None)
        log = self.log()
        self.assertIn("Takes no new work", log)
        self.assertIn("Takes new work again", log)

    def test_a_server_that_signed_two_histories_goes_on_in_a_new_epoch(self):
        commune = self.work()
        second = self.enrol("second", "X001")
        second("sync")
        key = self.keep_key()
        self.admin("backup", "--out", self.root / "backup")
        self.note(commune, "Chỉ máy chủ cũ đã nhận")
        self.note(commune, "và bài này nữa")
        commune("sync")
        noted = {h["summary"]: h for h in commune("task", "history", self.task) if h["change"] == "noted"}
        lost = next(h for s, h in noted.items() if "Chỉ máy chủ cũ" in s)
        commune("receipt", "export", lost["entry"], "--out", self.root / "receipt.old")

        # Put back, and let loose before the commune was heard.
        self.admin("restore", "--from", self.root / "backup", "--key", key, data="again")
        self.swap_to("again")
        self.assertEqual(self.admin("new-epoch")["state"], "one_history")
        self.admin("resume", "--yes")
        self.note(second, "Máy chủ khôi phục đã nhận")
        second("sync")
        said = self.refusal(commune, "forked", "sync")
        self.assertIn("Nothing is lost", said)
        health = self.admin("health")
        self.assertEqual((health["state"], health["contradicted"], health["epoch"]), ("two_histories", 1, 0))
        shown = self.admin("new-epoch")
        self.assertEqual((shown["state"], len(shown["contradicted"])), ("two_histories", 1))
        self.refused_admin("refused", "resume", "--yes")
        self.refused_admin("home_busy", "new-epoch", "--yes")
        self.note(commune, "Viết trong lúc chờ")

        self.stop()
        begun = self.admin("new-epoch", "--yes")
        self.assertEqual((begun["epoch"], begun["previous"], begun["state"]), (1, 0, "ready"))
        self.refused_admin("refused", "new-epoch", "--yes")
        self.start()
        self.assertEqual(self.admin("health")["state"], "ready")
        done = commune("sync")
        self.assertEqual((done["new_epoch"], done["pending"], done["earlier_epoch"]), (1, 0, 0))
        for run in (second, self.office):
            self.assertEqual(run("sync")["new_epoch"], 1)
        self.assertIsNone(second("sync")["new_epoch"])
        states = []
        for run in (commune, second, self.office):
            unit = next(s for s in run("status")["scopes"] if s["unit"] == "X001")
            self.assertEqual(unit["epoch"], 1)
            states.append((unit["size"], unit["root"], unit["state_digest"]))
            self.assertEqual(run("status")["split_views"], 0)
            now = {h["summary"]: h for h in run("task", "history", self.task) if h["change"] == "noted"}
            self.assertEqual(len(now), 4)
            for summary, before in noted.items():
                self.assertEqual(now[summary]["received_at"], before["received_at"])
        self.assertEqual(len(set(states)), 1)

        # Receipts of both epochs, the ledger, and a new backup.
        root = self.founded["fingerprint"]
        old = self.program("thongsuot-verify", self.root / "receipt.old", "--root", root, "--json")
        self.assertIsNone(old["ordered_again_at"])
        second("receipt", "export", lost["entry"], "--out", self.root / "receipt.new")
        new = self.program("thongsuot-verify", self.root / "receipt.new", "--root", root, "--json")
        self.assertEqual(new["received_at"], old["received_at"])
        self.assertGreater(new["ordered_again_at"], new["received_at"])
        second("ledger", "export", "X001", "--out", self.root / "ledger")
        self.program("thongsuot-verify", "ledger", self.root / "ledger", "--root", root, "--json")
        self.admin("backup", "--out", self.root / "backup.new")
        self.admin("restore", "--from", self.root / "backup.new", "--key", key, data="third")
        self.assertEqual(self.admin("health", data="third")["epoch"], 1)

    def test_a_server_without_a_store_or_province(self):
        self.refused_admin("not_found", "backup", "--out", self.root / "b", data="nowhere")
        self.program("thongsuot-server", "init", "--data", self.root / "fresh")
        made = self.admin("backup", "--out", self.root / "fresh.backup", data="fresh")
        self.assertEqual((made["entries"], made["province"]), (0, None))
        self.admin("restore", "--from", self.root / "fresh.backup", "--key", self.root / "fresh" / "server.key", data="again")

    def test_the_drill_passes_and_fails_for_a_key_of_another_server(self):
        self.work()
        key = self.keep_key()
        scratch = self.root / "scratch"
        scratch.mkdir()

        def drill(*arguments):
            return subprocess.run([DRILL, "--bin", BIN, "--scratch", scratch, *map(str, arguments)], capture_output=True, text=True, timeout=120)

        entries = self.admin("health")["entries"]
        done = drill("--data", self.root / "server", "--key", key)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("PASSED", done.stdout)
        self.assertIn(f"{entries} entries", done.stdout)
        self.assertNotIn("Note:", done.stdout)
        self.assertIn("Note:", drill("--data", self.root / "server").stdout)
        self.program("thongsuot-server", "init", "--data", self.root / "other")
        done = drill("--data", self.root / "server", "--key", self.root / "other" / "server.key")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("FAILED", done.stdout)
        self.assertEqual(drill("--data", self.root / "none").returncode, 1)
        self.assertEqual(drill().returncode, 2)
        self.assertEqual(list(scratch.iterdir()), [])
        self.assertEqual(self.office("sync")["pending"], 0)
        self.assertEqual(self.admin("health")["state"], "ready")


class ServerQuarantine(BadDays):
    def test_what_a_revoked_device_sends_is_kept_apart_and_listed(self):
        commune = self.work()
        self.note(commune, "Chưa kịp gửi")
        device = commune("status")["device"]
        self.office("authority", "revoke", "--device", device, "--reason", "mất máy")
        self.office("sync")
        entries = self.admin("health")["entries"]
        for _ in range(2):
            self.refusal(commune, "refused", "sync")
        self.assertEqual(self.admin("health")["entries"], entries)
        self.assertEqual(self.admin("health")["quarantined"], 1)
        listed = self.admin("quarantine", "list")
        self.assertEqual(len(listed), 1)
        self.assertEqual({k: listed[0][k] for k in ("device", "unit", "scope_unit", "count", "why")},
                         {"device": device, "unit": "X001", "scope_unit": "X001", "count": 1, "why": "revoked"})
        self.assertLessEqual({"scope", "first_seq", "bytes", "when"}, set(listed[0]))
        self.assertEqual(sum(s["pending"] for s in commune("status")["scopes"]), 1)
        self.stop()
        self.start()
        self.assertEqual(self.admin("quarantine", "list"), listed)


class ServerClock(BadDays):
    """The server's clock is moved by a library that stands before the system's."""

    def setUp(self):
        self.library = os.environ.get("THONGSUOT_MOVED_CLOCK", "")
        if not self.library:
            print(f"SKIPPED: {self.id()} (not with sanitizers)", flush=True)
            self.skipTest("no library")
        super().setUp()

    def start(self, **options):
        (self.root / "clock").write_text(str(getattr(self, "ahead", 0)))
        environment = {**os.environ, "LD_PRELOAD": self.library, "THONGSUOT_CLOCK_FILE": str(self.root / "clock")}
        super().start(env=environment, **options)

    def move(self, seconds):
        self.ahead = seconds
        (self.root / "clock").write_text(str(seconds))

    def confirm(self):
        environment = {"LD_PRELOAD": self.library, "THONGSUOT_CLOCK_FILE": str(self.root / "clock")}
        return self.program("thongsuot-server", "confirm-clock", "--data", self.root / "server", "--json", env=environment)

    def test_a_clock_that_jumps_is_asked_about_before_anything_is_dated(self):
        commune = self.work()
        for years in (20, -20):
            self.move(years * 365 * DAY)
            self.note(commune, f"Đồng hồ {years}")
            entries = self.admin("health")["entries"]
            said = self.refusal(commune, "server_paused", "sync")
            self.assertIn("clock", said)
            self.assertEqual(self.admin("health")["entries"], entries)
            self.stop()
            self.start()  # a restart does not make it right
            self.refusal(commune, "server_paused", "sync")
            self.move(0)
            self.stop()
            self.start()
            self.assertEqual(commune("sync")["entries_up"], 1)
        self.move(40 * DAY)
        self.note(commune, "Sau bốn mươi ngày")
        self.refusal(commune, "server_paused", "sync")
        self.assertTrue(self.confirm()["confirmed_at"])
        self.assertEqual(commune("sync")["entries_up"], 1)  # without a restart
        log = self.log()
        self.assertIn("Takes no new work", log)
        self.assertIn("Takes new work again", log)


class ServerDisk(BadDays):
    def setUp(self):
        super().setUp()
        self.commune = self.work()

    def on_small_disk(self):
        home = self.root / "server"
        self.stop()
        away = self.root / "server.away"
        home.rename(away)
        home.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "none", home], capture_output=True, text=True)
        if done.returncode != 0:
            print(f"SKIPPED: {self.id()} (no small file system can be mounted here: {done.stderr.strip()})", flush=True)
            self.skipTest("no mount")
        self.addCleanup(subprocess.run, ["umount", "-l", home], check=True)
        shutil.copytree(away, home, dirs_exist_ok=True)
        home.chmod(0o700)
        self.start()

    def fill(self):
        disk = os.statvfs(self.root / "server")
        with open(self.root / "server" / "filler", "wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, disk.f_bavail * disk.f_frsize - 4096)

    def test_a_server_without_room_stays_serves_and_recovers_by_itself(self):
        self.on_small_disk()
        self.office("import", SAMPLE / "tasks.csv", "--yes", "--assign-to", "X001,X002")
        self.office("sync")
        self.fill()
        for i in range(4):
            self.note(self.commune, f"Khi đĩa đầy {i}")
            said = self.refusal(self.commune, "server_paused", "sync")
            self.assertIn("disk", said)
            self.assertIn("Nothing is lost", said)
            self.assertIsNone(self.server.poll(), "the server ended")
        self.assertEqual(self.admin("health")["state"], "disk_full")
        self.assertEqual(self.office("sync")["pending"], 0)  # has nothing to send, and is served
        said = [line for line in self.log().splitlines() if "Takes no" in line]
        self.assertEqual(len(said), 1, said)
        (self.root / "server" / "filler").unlink()
        self.assertEqual(self.commune("sync")["pending"], 0)
        self.assertIsNone(self.server.poll())
        self.assertIn("Takes new work again", self.log())
        self.office("sync")
        shown = [h["summary"] for h in self.office("task", "history", self.task) if h["change"] == "noted"]
        self.assertEqual(sorted(t for t in shown if "Khi đĩa đầy" in t), [f"Khi đĩa đầy {i}" for i in range(4)])


if __name__ == "__main__":
    # In mounts of its own, as full_disk_test.py has them.
    alone = ["unshare", "--map-root-user", "--mount"]
    if "THONGSUOT_OWN_MOUNTS" not in os.environ and shutil.which("unshare"):
        os.environ["THONGSUOT_OWN_MOUNTS"] = "yes"
        if subprocess.run([*alone, "true"], stderr=subprocess.DEVNULL).returncode == 0:
            os.execvp("unshare", [*alone, sys.executable, "-B", *sys.argv])
    unittest.main()
