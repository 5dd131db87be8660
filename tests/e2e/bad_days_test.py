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
from wire import Wire

DRILL = Path(os.environ["THONGSUOT_DRILL"])
DAY = 24 * 3600
DEVICES = int(os.environ.get("THONGSUOT_DRILL_DEVICES", "6"))  # the office's among them


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
        self.assertIn("copy of server.key", self.refused_admin("corrupt", "restore", "--from", backup, "--key", other, data="again"))
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

        # Who only reads the status later learns it too.
        self.assertIn("put back from a backup", commune("status")["last_failure"]["message"])
        self.assertIn("did not succeed: The server takes no new work", self.text("commune", "status"))
        self.assertIn("from the backup of", self.program("thongsuot-server", "health", "--data", self.root / "server"))
        self.program("thongsuot-server", "health", "--check", "--data", self.root / "server", expect=1)
        self.assertIn("running, takes no new work", self.program("thongsuot-server", "health", "--data", self.root / "server"))

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
        self.assertIsNone(commune("status")["last_failure"])
        self.assertEqual(self.office("sync")["pending"], 0)
        self.assertEqual(self.admin("health", "--check")["state"], "ready")
        self.assertEqual(self.admin("resume")["backup_time"], None)
        log = self.log()
        self.assertIn("Takes no new work", log)
        self.assertIn("Takes new work again", log)

    def test_a_device_that_comes_after_the_recovery_ended_makes_the_server_ask_once_more(self):
        commune = self.work()
        key = self.keep_key()
        self.admin("backup", "--out", self.root / "backup")
        self.note(commune, "Chỉ máy này còn giữ")
        commune("sync")
        self.admin("restore", "--from", self.root / "backup", "--key", key, data="again")
        self.swap_to("again")
        self.admin("resume", "--yes")
        self.note(commune, "Chưa gửi")
        said = self.refusal(commune, "server_paused", "sync")
        self.assertIn("it lacks work that it had received", said)
        health = self.admin("health")
        self.assertEqual((health["state"], health["backup_time"]), ("recovering", None))
        self.assertIn("lacks work which it had signed", self.program("thongsuot-server", "resume", "--data", self.root / "server"))
        self.assertIn("wants this once more", self.program("thongsuot-server", "resume", "--yes", "--data", self.root / "server"))
        self.assertEqual(commune("sync")["pending"], 0)

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
        self.assertTrue(self.admin("resume")["two_histories"])
        said = self.program("thongsuot-server", "resume", "--data", self.root / "server")
        self.assertIn("new-epoch", said)
        self.assertNotIn("--yes", said)
        self.refused_admin("home_busy", "new-epoch", "--yes")
        # Whoever holds nothing of the other history hears the same reason.
        self.note(second, "Máy thứ hai chờ")
        self.assertIn("it has signed two histories", self.refusal(second, "server_paused", "sync"))
        self.assertIn("it has signed two histories", self.log())
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
        commune("sync")
        states = []
        for run in (commune, second, self.office):
            unit = next(s for s in run("status")["scopes"] if s["unit"] == "X001")
            self.assertEqual(unit["epoch"], 1)
            states.append((unit["size"], unit["root"], unit["state_digest"]))
            self.assertEqual(run("status")["split_views"], 0)
            now = {h["summary"]: h for h in run("task", "history", self.task) if h["change"] == "noted"}
            self.assertEqual(len(now), 5)
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

    def test_a_device_that_the_directory_does_not_name_for_now_says_what_to_do(self):
        self.work("first")
        later = self.office("authority", "invite", "--unit", "X002", "--officer", "Người Đến Sau", "--role", "officer")
        self.office("sync")
        key = self.keep_key()
        self.admin("backup", "--out", self.root / "backup")
        wire = Wire(self.address)
        self.addCleanup(wire.close)
        commune = self.enrol("commune", "X001", through=wire.address)
        self.note(commune, "Máy chủ cũ đã nhận")
        commune("sync")
        self.note(commune, "Chưa gửi")

        # The server goes on from the copy, with another directory.
        self.admin("restore", "--from", self.root / "backup", "--key", key, data="again")
        self.swap_to("again")
        self.admin("resume", "--yes")
        self.home("late")("enrol", "--invite", later["code"])
        self.refusal(self.office, "forked", "sync")
        self.stop()
        self.admin("new-epoch", "--yes")
        self.start()

        # A stranger, its directory, the rest of what it holds; then the line drops.
        self.assertTrue(self.kill_held(wire, 3, "commune", "sync"))
        status = commune("status")
        self.assertEqual((status["state"], status["revoked"]), ("waiting_for_key", False))
        self.assertGreaterEqual(sum(s["pending"] for s in status["scopes"]), 2)
        self.assertIn("the directory is being fetched again: run thongsuot sync", self.text("commune", "status"))
        commune("task", "list")
        self.refusal(commune, "not_found", "task", "progress", self.task, "--text", "Bây giờ")
        commune("sync")
        self.office("sync")
        commune("sync")
        again = commune("status")
        self.assertEqual((again["state"], again["device_words"]), ("ready", status["device_words"]))
        history = str(commune("task", "history", self.task))
        for text in ("Máy chủ cũ đã nhận", "Chưa gửi"):
            self.assertIn(text, history)

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
        self.assertIn("FAILED: the backup is whole, but", done.stdout)
        self.assertEqual(drill("--data", self.root / "none").returncode, 1)
        self.assertEqual(drill().returncode, 2)
        self.assertEqual(list(scratch.iterdir()), [])
        self.assertEqual(self.office("sync")["pending"], 0)
        self.assertEqual(self.admin("health")["state"], "ready")


class ServerDrill(BadDays):
    def test_yesterdays_copy_in_front_of_all_devices_loses_nothing(self):
        """What was acknowledged since the backup comes back from the devices: the same bytes, order and times."""
        self.units()
        units = [f"X{i:03}" for i in range(1, DEVICES)]
        names = [f"d{i}" for i in range(len(units))]
        homes = {name: self.enrol(name, unit) for name, unit in zip(names, units)}
        self.office("import", SAMPLE / "tasks.csv", "--yes", "--assign-to", ",".join(units))
        self.office("sync")
        tasks = {}
        for name, run in homes.items():
            run("sync")
            tasks[name] = run("task", "list")[0]["id"]
            run("task", "progress", tasks[name], "--text", "Trước khi sao lưu")
            run("sync")
        key = self.keep_key()
        self.admin("backup", "--out", self.root / "yesterday")

        # Today's work, all of it acknowledged, with receipts; the office changes the directory too.
        receipts = {}
        for name, run in homes.items():
            run("task", "progress", tasks[name], "--text", f"Hôm nay, máy {name}")
            entry = run("task", "complete", tasks[name], "--result", f"Đã xong ở {name}", "--completed", "2026-01-05")["entry"]
            self.assertEqual(run("sync")["pending"], 0)
            receipts[name] = self.root / f"{name}.receipt"
            run("receipt", "export", entry, "--out", receipts[name])
        self.office("authority", "invite", "--unit", "X030", "--officer", "Máy mới", "--role", "officer")
        self.assertEqual(self.office("sync")["pending"], 0)

        def seen(run, task):
            """What a device holds that is ordered, and when the server received it."""
            ledgers = {s["scope"]: (s["epoch"], s["size"], s["root"], s["state_digest"]) for s in run("status")["scopes"]}
            return ledgers, [(h["entry"], h["received_at"]) for h in run("task", "history", task)]

        for run in homes.values():
            run("sync")
        before = {name: seen(run, tasks[name]) for name, run in homes.items()}
        office = {name: seen(self.office, tasks[name]) for name in names}
        entries = self.admin("health")["entries"]

        # The machine dies. Every device still has something that was never sent.
        self.admin("restore", "--from", self.root / "yesterday", "--key", key, data="again")
        self.swap_to("again")
        lost = entries - self.admin("health")["entries"]
        self.assertGreaterEqual(lost, 2 * len(names) + 1)
        for name, run in homes.items():
            run("task", "progress", tasks[name], "--text", f"Khi máy chủ hỏng, {name}")
            self.assertIn("Nothing is lost", self.refusal(run, "server_paused", "sync"))
        self.office("sync")
        self.assertEqual(self.admin("health")["entries"], entries, "not everything that was acknowledged came back")
        self.assertEqual(self.admin("resume", "--yes")["state"], "ready")

        for name, run in homes.items():
            self.assertEqual(run("sync")["pending"], 0)
        self.office("sync")
        for name, run in homes.items():
            run("sync")
            ledgers, history = seen(run, tasks[name])
            self.assertEqual(history[:-1], before[name][1], f"order or times of {name} changed")
            self.assertEqual(self.office("task", "history", tasks[name])[:-1][-1]["entry"], office[name][1][-1][0])
            own = run("status")["scopes"]
            for scope, held in before[name][0].items():
                if ledgers[scope][1] == held[1]:
                    self.assertEqual(ledgers[scope], held)
            self.assertEqual({s["scope"]: s["state_digest"] for s in own},
                             {s["scope"]: s["state_digest"] for s in self.office("status")["scopes"] if s["scope"] in ledgers})
            self.program("thongsuot-verify", receipts[name], "--root", self.founded["fingerprint"])
        self.assertEqual(self.admin("health")["entries"], entries + len(names))
        self.admin("backup", "--out", self.root / "today")  # recomputes every root


class ServerQuarantine(BadDays):
    def test_what_a_revoked_device_sends_is_kept_apart_and_listed(self):
        commune = self.work()
        self.note(commune, "Chưa kịp gửi")
        device = commune("status")["device"]
        self.office("authority", "revoke", "--device", device, "--reason", "mất máy")
        self.office("sync")
        entries = self.admin("health")["entries"]
        pending = sum(s["pending"] for s in commune("status")["scopes"])
        for _ in range(2):
            self.refusal(commune, "device_revoked", "sync")
        self.assertEqual(self.admin("health")["entries"], entries)
        self.assertEqual(self.admin("health")["quarantined"], 1)
        listed = self.admin("quarantine", "list")
        self.assertEqual(len(listed), 1)
        self.assertEqual({k: listed[0][k] for k in ("device", "unit", "scope_unit", "count", "why")},
                         {"device": device, "unit": "X001", "scope_unit": "X001", "count": 1, "why": "revoked"})
        self.assertLessEqual({"scope", "first_seq", "bytes", "when"}, set(listed[0]))
        self.assertEqual(pending, 1)
        self.stop()
        self.start()
        self.assertEqual(self.admin("quarantine", "list"), listed)


class OfficeQueue(BadDays):
    """A laptop was thought lost, was revoked, and turns up with a week's work."""

    def setUp(self):
        super().setUp()
        self.commune = self.work()
        self.other = self.enrol("other", "X001")
        self.other("sync")

    def revoke(self, run):
        self.device = run("status")["device"]
        self.office("authority", "revoke", "--device", self.device, "--reason", "tưởng mất máy")
        self.office("sync")

    def queue(self):
        return self.office("office", "queue")["items"]

    def test_the_office_adopts_one_entry_and_refuses_another_and_the_unit_sees_both(self):
        self.note(self.commune, "Đã họp thôn")
        self.commune("task", "complete", self.task, "--result", "Xong tuyến mương", "--completed", "2026-11-20")
        self.note(self.commune, "Ghi nhầm việc khác")
        self.revoke(self.commune)
        self.assertEqual(self.office("status")["queue"], 0)
        self.assertIn("Nothing waits", self.text("office", "office", "queue"))
        self.refusal(self.commune, "device_revoked", "sync")

        self.assertEqual(self.office("sync")["queue"], 3)
        self.assertIn("3 entries wait for a decision", self.text("office", "status"))
        items = self.queue()
        self.assertEqual([i["changes"] for i in items][0], ["Progress: Đã họp thôn"])
        self.assertIn("Xong tuyến mương", items[1]["changes"][0])
        for item in items:
            self.assertEqual({k: item[k] for k in ("kind", "unit", "officer", "device", "received_at", "unreadable", "not_adoptable")},
                             {"kind": "quarantine", "unit": "X001", "officer": "Nguyễn Văn Thử", "device": self.device,
                              "received_at": None, "unreadable": None, "not_adoptable": None})
            self.assertRegex(item["entry"], r"^[0-9a-f]{64}$")
            self.assertTrue(item["claimed_at"] and item["arrived_at"] and item["not_before"])
            self.assertIn("revoked", item["reason"])
            self.assertTrue(item["title"])
        text = self.text("office", "office", "queue")
        for part in ("Đã họp thôn", "Xong tuyến mương", "X001", "Nguyễn Văn Thử", "3 entries wait", items[2]["entry"][:12]):
            self.assertIn(part, text)

        self.assertEqual(self.office("office", "queue", items[1]["entry"][:12])["items"], [items[1]])
        self.assertIn("Xong tuyến mương", self.text("office", "office", "queue", items[1]["entry"]))
        self.refusal(self.office, "not_found", "office", "queue", "00000000")
        self.refusal(self.office, "not_found", "office", "adopt", "00000000")
        self.refusal(self.office, "invalid_input", "office", "adopt", "xyz")
        self.refusal(self.office, "usage", "office", "refuse", items[2]["entry"], "--reason", " ")
        adopted = self.office("office", "adopt", items[0]["entry"][:12])
        self.assertEqual((adopted["about"], adopted["adopted"], adopted["left_out"]), (items[0]["entry"], 1, 0))
        self.assertEqual(adopted["changes"], ["Progress: Đã họp thôn"])
        self.office("office", "adopt", items[1]["entry"])
        refused = self.office("office", "refuse", items[2]["entry"][:10], "--reason", "thuộc việc khác")
        self.assertEqual(refused["about"], items[2]["entry"])
        self.assertEqual(self.queue(), [])
        self.assertEqual(self.office("sync")["queue"], 0)
        idle = self.office("sync")
        self.assertEqual((idle["entries_down"], idle["turns"]), (0, self.office("sync")["turns"]))

        self.other("sync")
        for run in (self.other, self.office):
            history = {h["summary"]: h for h in run("task", "history", self.task)}
            note = history["Đã họp thôn"]
            self.assertEqual(note["adopted_from"], {"entry": items[0]["entry"], "officer": "Nguyễn Văn Thử", "device": self.device,
                                                    "claimed_at": items[0]["claimed_at"]})
            self.assertEqual(note["device"], self.office("status")["device"])
            self.assertEqual(note["officer"], "Quản trị viên")
            self.assertNotIn("Ghi nhầm việc khác", history)
            self.assertIsNone(run("task", "history", self.task)[0]["adopted_from"])
            shown = run("task", "show", self.task)
            self.assertEqual((shown["status"], shown["result"], shown["completed_on"], shown["conflicts"]),
                             ("completed", "Xong tuyến mương", "2026-11-20", 0))
            self.assertIn({"entry": items[2]["entry"], "change": "entry", "reason": "the office has refused it: thuộc việc khác"},
                          run("audit", "list"))
        self.assertIn("adopted from Nguyễn Văn Thử", self.text("other", "task", "history", self.task))
        digests = [next(s["state_digest"] for s in run("status")["scopes"] if s["unit"] == "X001") for run in (self.other, self.office)]
        self.assertEqual(digests[0], digests[1])
        self.refusal(self.commune, "device_revoked", "sync")  # it comes again, and changes nothing
        self.assertEqual(self.office("sync")["queue"], 0)

    def test_a_second_office_sees_the_same_and_a_decision_of_either_counts_for_both(self):
        invitation = self.office("authority", "invite", "--unit", "T00", "--officer", "Phạm Thị Hai", "--role", "provincial")
        self.office("sync")
        second = self.home("second")
        second("enrol", "--invite", invitation["code"])
        self.add_key("second")
        self.office("sync")
        second("sync")
        self.note(self.commune, "Việc của tuần")
        self.revoke(self.commune)
        self.refusal(self.commune, "device_revoked", "sync")
        self.office("sync")
        self.assertEqual(second("sync")["queue"], 1)
        entry = self.queue()[0]["entry"]
        self.office("office", "adopt", entry)
        second("office", "refuse", entry, "--reason", "không")
        self.assertIn("This device has decided", self.refusal(second, "invalid_input", "office", "adopt", entry))
        self.office("sync")
        second("sync")
        said = self.refusal(second, "invalid_input", "office", "adopt", entry)
        self.assertRegex(said, r"^The office has decided about it already: .+, device [0-9a-f]{10}, on ")
        self.office("sync")
        self.other("sync")
        for run in (self.office, second, self.other):
            notes = [h for h in run("task", "history", self.task) if h["summary"] == "Việc của tuần"]
            self.assertEqual(len(notes), 1)
            reasons = [a["reason"] for a in run("audit", "list")]
            self.assertEqual(reasons.count("the office had decided about it before"), 1, reasons)

    def test_who_is_not_the_office_decides_nothing(self):
        for verb in (["queue"], ["adopt", "abcdef12"], ["refuse", "abcdef12", "--reason", "vì thế"]):
            said = self.refusal(self.commune, "not_permitted", "office", *verb)
            self.assertIn("province office", said)
        self.assertNotIn("queue", self.commune("status"))
        self.assertNotIn("queue", self.commune("sync"))
        self.refusal(self.office, "usage", "office", "refuse", "abcdef12")


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
