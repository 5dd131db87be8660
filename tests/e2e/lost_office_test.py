#!/usr/bin/env python3
"""An office that has lost all of its devices, work calendars, and revoked devices that remove their data, through the built
binaries."""

import json
import secrets
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

from province import BIN, SAMPLE, Province
from wire import Wire


class LostOffice(Province):
    """A province whose authority keys, 2 of 3, are with their keepers."""

    def found(self):
        token = self.program("thongsuot-server", "init", "--data", self.root / "server", "--json")["bootstrap_token"]
        self.start()
        self.founded = self.office("authority", "init", "--server", self.address, "--bootstrap", "-", "--province",
                                   "Tỉnh Thử Nghiệm", "--code", "T00", "--authority-keys", 3, "--threshold", 2,
                                   "--key-out", self.root / "keys", text=token)
        self.add_key("office")
        # Printed, and taken off the machine.
        self.paper = self.root / "paper"
        shutil.move(self.founded["recovery_key_file"], self.paper)

    def sign(self, request, number):
        keys = self.root / "keys"
        return self.program("thongsuot", "authority", "sign", request, "--key", keys / f"authority-{number}.key",
                            "--code", f"@{keys}/authority-{number}.code", "--yes", "--json")

    def burn(self):
        """Units and a commune with work; then every machine of the office is gone."""
        self.units()
        self.commune = self.enrol("commune", "X001")
        self.office("import", SAMPLE / "tasks.csv", "--yes", "--assign-to", "X001")
        self.office("sync")
        self.commune("sync")
        self.task = self.commune("task", "list")[0]["id"]
        self.commune("task", "progress", self.task, "--text", "Trước đám cháy")
        self.commune("sync")
        self.invitation = self.office("authority", "invite", "--unit", "X001", "--officer", "Ai Đó", "--role", "officer")
        self.lost = self.office("status")["device"]
        shutil.rmtree(self.root / "office")
        (self.root / "office.key").unlink()

    def ask(self, home, request, root=None, expect=0, server=None):
        return home("authority", "recover", "--server", server or self.address, "--root", root or self.founded["fingerprint"],
                    "--officer", "Trần Thị Hạ", "--request", request, expect=expect)

    def test_a_new_first_device_enters_by_the_keepers_word_and_the_paper_opens_what_was_written(self):
        self.assertEqual(self.office("authority", "check-recovery", "--recovery-key", f"@{self.paper}")["opens"], True)
        self.burn()
        fresh, request = self.home("fresh"), self.root / "recover.request"
        submit = ["authority", "recover", "--submit", request, "--recovery-key", f"@{self.paper}"]

        other = "0" * 64
        self.assertEqual(self.ask(fresh, request, other, expect=1)["error"]["code"], "bad_signature")
        self.assertFalse(request.exists())
        asked = self.ask(fresh, request)
        self.assertEqual((asked["kind"], asked["needed"]), ("recovery", 2))
        shown = self.text("nowhere", "authority", "show", request)
        self.assertIn("a new first device for the office, because all of its devices were lost", " ".join(shown.split()))
        self.assertIn(asked["device_words"], shown)
        self.assertIn("Trần Thị Hạ", shown)
        # Nothing else begins in this home meanwhile, and nothing works in it yet.
        self.refusal(fresh, "not_found", "status")
        self.refusal(fresh, "invalid_input", "enrol", "--invite", self.invitation["code"])

        self.refusal(fresh, "not_permitted", *submit)
        self.assertEqual(self.sign(request, 1)["signatures"], 1)
        self.refusal(fresh, "not_permitted", *submit)
        # Asked again, the request with its signature stays as it is.
        self.ask(fresh, request)
        self.assertEqual(self.sign(request, 3)["signatures"], 2)
        paper = self.paper.read_text().strip()
        wrong = ("A" if paper[0] != "A" else "B") + paper[1:]
        self.refusal(fresh, "invalid_input", "authority", "recover", "--submit", request, "--recovery-key", wrong)
        self.refusal(fresh, "usage", "authority", "recover", "--submit", request)
        done = fresh(*submit)
        self.assertEqual((done["old_devices"], done["shut"], done["officer"]), ([self.lost], [], "Trần Thị Hạ"))
        self.assertIn("recovery_code", done)
        self.refusal(fresh, "invalid_input", *submit)
        # The paper is nowhere in the new home.
        secret = self.paper.read_bytes().strip()
        for path in (self.root / "fresh").rglob("*"):
            if path.is_file():
                self.assertNotIn(secret, path.read_bytes(), path)

        self.assertIn("Trước đám cháy", str(fresh("task", "show", self.task)))
        self.assertEqual(fresh("status")["state"], "ready")
        fresh("authority", "revoke", "--device", self.lost, "--reason", "cháy")
        fresh("sync")
        self.commune("sync")
        self.commune("task", "progress", self.task, "--text", "Sau đám cháy")
        self.commune("sync")
        fresh("sync")
        self.assertIn("Sau đám cháy", str(fresh("task", "show", self.task)))
        # The office's work goes on: tasks, invitations, keys for who comes new.
        (self.root / "one.csv").write_text("STT,Nội dung theo dõi\n1,Việc mới sau đám cháy\n", encoding="utf-8")
        fresh("import", self.root / "one.csv", "--yes", "--assign-to", "X001,X002")
        fresh("sync")
        self.office = fresh
        second = self.enrol("second", "X002")
        self.assertEqual(second("status")["state"], "ready")
        self.assertEqual(len(second("task", "list")), 1)
        self.commune("sync")
        self.assertEqual(len(self.commune("task", "list", "--search", "sau đám cháy")), 1)
        self.assertEqual(fresh("audit", "list"), [])
        self.assertGreater(fresh("authority", "check-recovery", "--recovery-key", "-", text=paper)["ledgers"], 3)

    def test_a_recovery_that_is_cut_off_goes_on_with_the_same_command(self):
        self.burn()
        fresh, request = self.home("fresh"), self.root / "recover.request"
        wire = Wire(self.address)
        self.addCleanup(wire.close)
        self.ask(fresh, request, server=wire.address)
        self.sign(request, 1)
        self.sign(request, 2)
        submit = ["authority", "recover", "--submit", request, "--recovery-key", f"@{self.paper}"]
        self.stop()
        self.refusal(fresh, "cut", *submit)
        self.assertEqual(self.ask(fresh, request, expect=1)["error"]["code"], "invalid_input")
        self.start()
        # Killed before the server hears of it, once it has entered, and so on with each connection that it makes.
        kills = 0
        while self.kill_held(wire, kills, "fresh", *submit):
            self.assertEqual(self.ask(fresh, request, expect=1)["error"]["code"], "invalid_input")  # it was handed in
            kills += 1
        self.assertGreaterEqual(kills, 2)
        fresh("sync")
        self.assertIn("Trước đám cháy", str(fresh("task", "show", self.task)))
        self.assertEqual(fresh("audit", "list"), [])
        self.assertEqual(len(fresh("authority", "devices")), 3)


class Paper(Province):
    def test_a_province_whose_only_key_lies_in_the_office_is_told_so(self):
        paper = self.founded["recovery_key_file"]
        self.assertTrue(self.office("authority", "check-recovery", "--recovery-key", f"@{paper}")["authority_key_in_home"])
        self.assertIn("rotate-authority", self.text("office", "authority", "check-recovery", "--recovery-key", f"@{paper}"))
        letters = Path(paper).read_text().strip()
        for wrong in (letters[:-2], ("A" if letters[0] != "A" else "B") + letters[1:], paper):
            self.refusal(self.office, "invalid_input", "authority", "check-recovery", "--recovery-key", wrong)
        self.refusal(self.home("nobody"), "not_found", "authority", "check-recovery", "--recovery-key", letters)


class Calendar(Province):
    def test_holidays_are_imported_year_by_year_and_deadlines_follow_them(self):
        self.units()
        commune = self.enrol("commune", "X001")
        self.assertEqual(self.office("authority", "calendar"), {"weekend": ["sat", "sun"], "holidays": [], "workdays": []})
        days = self.root / "days.csv"
        days.write_text("day,kind\n2026-09-02,holiday\n22/08/2026,workday\n2025-09-02,holiday\n", encoding="utf-8")
        written = self.office("authority", "calendar", "--import", days)
        self.assertEqual((written["changed"], len(written["added"]), written["removed"]), (True, 3, []))
        self.assertIs(self.office("authority", "calendar", "--import", days)["changed"], False)
        days.write_text("day,kind\n2026-09-01,holiday\n2026-09-02,holiday\n", encoding="utf-8")
        said = self.text("office", "authority", "calendar", "--import", days, "--weekend", "sun")
        self.assertIn("+ 01/09/2026  holiday", said)
        self.assertIn("- 22/08/2026  workday", said)
        self.assertNotIn("02/09/2025", said)
        self.assertIn("sun (were sat, sun)", said)
        self.office("sync")
        commune("sync")
        self.assertEqual(commune("authority", "calendar"),
                         {"weekend": ["sun"], "holidays": ["2025-09-02", "2026-09-01", "2026-09-02"], "workdays": []})
        self.refusal(commune, "not_permitted", "authority", "calendar", "--weekend", "sat,sun")

        (self.root / "one.csv").write_text("STT,Nội dung theo dõi,Hạn xử lý\n1,Việc của xã,04/09/2026\n", encoding="utf-8")
        self.office("import", self.root / "one.csv", "--yes", "--assign-to", "X001")
        self.office("sync")
        commune("sync")
        soon = {day: commune("task", "list", "--as-of", day)[0]["due_soon"]
                for day in ("2026-08-29", "2026-08-31", "2026-09-04", "2026-09-05")}
        # Saturday is worked, and Tuesday and Wednesday are not: 31/08 is two days before the deadline, 29/08 three.
        self.assertEqual(soon, {"2026-08-29": True, "2026-08-31": True, "2026-09-04": True, "2026-09-05": False})
        self.assertFalse(commune("task", "list", "--as-of", "2026-08-28")[0]["due_soon"])
        self.assertIn("due soon", self.text("commune", "report", "summary", "--as-of", "2026-08-31"))

    def test_a_cell_that_cannot_be_read_is_named_and_nothing_is_written(self):
        days = self.root / "days.csv"
        for text, cell in (("day,kind\n2026-02-16,holiday\n31/02/2026,holiday\n", "A3"), ("day,kind\n2026-02-16,Tết\n", "B2"),
                           ("ngày,loại\n", "A1")):
            days.write_text(text, encoding="utf-8")
            self.assertIn(f"Cell {cell} ", self.refusal(self.office, "invalid_input", "authority", "calendar", "--import", days))
        self.refusal(self.office, "usage", "authority", "calendar", "--weekend", "chủ nhật")
        self.refusal(self.office, "not_found", "authority", "calendar", "--import", self.root / "nowhere.csv")
        self.assertEqual(sum(s["pending"] for s in self.office("status")["scopes"]), 0)


class Revoked(Province):
    SENTENCE = r"^The province revoked this device on \d\d/\d\d/\d{4} \d\d:\d\d; its data was removed\."

    def revoke(self, name):
        device = self.home(name)("status")["device"]
        self.office("authority", "revoke", "--device", device, "--reason", "mất máy")
        self.office("sync")
        return device

    def work(self):
        self.units()
        commune = self.enrol("commune", "X001")
        (self.root / "one.csv").write_text("STT,Nội dung theo dõi\n1,Việc của xã\n", encoding="utf-8")
        self.office("import", self.root / "one.csv", "--yes", "--assign-to", "X001")
        self.invitation = self.office("authority", "invite", "--unit", "X001", "--officer", "Ai Đó", "--role", "officer")
        self.office("sync")
        commune("sync")
        self.task = commune("task", "list")[0]["id"]
        return commune

    def is_gone(self, name):
        """Nothing but the sentence and an empty lock remains, whatever is asked."""
        home = self.home(name)
        self.refusal(home, "device_revoked", "status")
        self.assertEqual({p.name for p in (self.root / name).rglob("*")}, {"REVOKED.txt", "lock"})
        for verb in (["status"], ["sync"], ["task", "list"], ["passphrase", "slots"], ["passphrase", "recovery-code"],
                     ["enrol", "--invite", self.invitation["code"]], ["passphrase", "add-key-file", self.root / "another.key"]):
            self.assertRegex(self.refusal(home, "device_revoked", *verb), self.SENTENCE)

    def test_a_revoked_device_leaves_its_parcel_and_removes_its_data(self):
        commune = self.work()
        commune("task", "progress", self.task, "--text", "Chưa kịp gửi")
        device = self.revoke("commune")
        commune("task", "progress", self.task, "--text", "Viết thêm lúc chưa biết")
        said = self.refusal(commune, "device_revoked", "sync")
        self.assertRegex(said, self.SENTENCE)
        self.assertIn("What had waited here lies with the province.", said)
        self.is_gone("commune")
        listed = self.program("thongsuot-server", "quarantine", "list", "--data", self.root / "server", "--json")
        self.assertEqual([(one["device"], one["count"], one["why"]) for one in listed], [(device, 2, "revoked")])

    def test_a_revoked_device_with_nothing_to_send_removes_its_data_at_once(self):
        self.work()
        self.revoke("commune")
        said = self.text("commune", "sync", expect=1)
        self.assertIn("Nothing had waited here.", said)
        self.is_gone("commune")
        listed = self.program("thongsuot-server", "quarantine", "list", "--data", self.root / "server", "--json")
        self.assertEqual(listed, [])

    def test_nothing_is_removed_while_the_server_cannot_take_the_parcel(self):
        commune = self.work()
        commune("task", "progress", self.task, "--text", "Chưa kịp gửi")
        self.revoke("commune")
        self.stop()
        self.refusal(commune, "unreachable", "sync")
        self.assertEqual(sum(s["pending"] for s in commune("status")["scopes"]), 1)
        self.start()
        for _ in range(10):
            commune("task", "progress", self.task, "--text", secrets.token_hex(15000))
        commune("task", "progress", self.task, "--text", "Ghi chú cuối cùng")
        said = self.refusal(commune, "refused", "sync")
        self.assertIn("more than a revoked device may leave", said)
        self.assertIn("Nothing was removed", said)
        self.assertEqual(sum(s["pending"] for s in commune("status")["scopes"]), 12)
        self.assertIn("more than a revoked device may leave", self.text("commune", "status"))
        self.assertIn("Ghi chú cuối cùng", str(commune("task", "show", self.task)))

    def test_a_watch_that_slept_makes_nothing_in_place_of_a_home_that_was_destroyed(self):
        commune = self.work()
        watch = subprocess.Popen([BIN / "thongsuot", "sync", "--watch", "--json"], env=self.environment("commune"),
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.kill)
        self.assertEqual(json.loads(watch.stdout.readline())["pending"], 0)  # then it sleeps
        watch.send_signal(signal.SIGSTOP)
        self.revoke("commune")
        self.refusal(commune, "device_revoked", "sync")
        watch.send_signal(signal.SIGCONT)
        said = json.loads(watch.stdout.readline())["error"]
        self.assertEqual(said["code"], "device_revoked")
        self.assertRegex(said["message"], self.SENTENCE)
        self.assertEqual(watch.wait(timeout=60), 1)
        self.assertEqual({p.name for p in (self.root / "commune").rglob("*")}, {"REVOKED.txt", "lock"})

    def test_a_device_that_has_nothing_to_send_says_why_it_stays(self):
        commune = self.work()
        key = self.root / "key.copy"
        shutil.copy(self.root / "server" / "server.key", key)
        server = lambda *arguments: self.program("thongsuot-server", *arguments, "--json")
        server("backup", "--out", self.root / "backup", "--data", self.root / "server")
        commune("task", "progress", self.task, "--text", "Chỉ máy này giữ")
        commune("sync")
        self.stop()
        (self.root / "server").rename(self.root / "server.lost")
        server("restore", "--from", self.root / "backup", "--key", key, "--data", self.root / "server")
        self.start()
        server("resume", "--yes", "--data", self.root / "server")
        self.revoke("commune")
        said = self.refusal(commune, "refused", "sync")
        self.assertIn("The server lacks what it had received from this device before", said)
        self.assertNotIn("0 entr", said)
        shown = " ".join(self.text("commune", "status").split())
        self.assertIn("This device was revoked by the province. The server has not said yet that it holds", shown)
        self.assertIn("Chỉ máy này giữ", str(commune("task", "show", self.task)))

    def test_a_crash_between_the_steps_is_finished_by_the_next_command(self):
        commune = self.work()
        self.revoke("commune")
        folder, whole = self.root / "commune", self.root / "copy"
        shutil.copytree(folder, whole)
        self.refusal(commune, "device_revoked", "sync")
        mark = (folder / "REVOKED.txt").read_bytes()
        self.assertEqual(mark.count(b"\n"), 2)
        self.assertIn("Tỉnh đã thu hồi thiết bị này", mark.decode())
        removing = mark + b"Removing: " + (whole / "vault").read_bytes()[12:28].hex().encode() + b"\n"
        for aside, missing in (((), ()), (("store",), ()), (("store", "vault"), ()), (("store", "vault"), ("vault.revoked",)),
                               ((), ("store", "vault"))):
            shutil.rmtree(folder)
            shutil.copytree(whole, folder)
            (folder / "REVOKED.txt").write_bytes(removing)
            for name in aside:
                (folder / name).rename(folder / f"{name}.revoked")
            for name in missing:
                shutil.rmtree(folder / name) if (folder / name).is_dir() else (folder / name).unlink()
            self.is_gone("commune")
            self.assertEqual((folder / "REVOKED.txt").read_bytes(), mark)
        # What cannot be read in that file is not said, and nothing comes back to life.
        (folder / "REVOKED.txt").write_bytes(b"\xff\x1b[31m" + b"x" * 9000)
        self.assertEqual(self.refusal(commune, "device_revoked", "status"),
                         "The province revoked this device; its data was removed.")

    def test_a_home_that_is_put_beside_the_sentence_is_not_removed(self):
        commune = self.work()
        self.revoke("commune")
        folder, whole = self.root / "commune", self.root / "copy"
        shutil.copytree(folder, whole)
        self.refusal(commune, "device_revoked", "sync")
        mark = (folder / "REVOKED.txt").read_bytes()
        for left in (b"", b"Removing: " + b"5a" * 16 + b"\n"):  # nothing, or another home's removal that a crash has cut off
            shutil.copytree(whole, folder, dirs_exist_ok=True)
            (folder / "REVOKED.txt").write_bytes(mark + left)
            for verb in (["status"], ["sync"], ["passphrase", "slots"]):
                said = self.refusal(commune, "invalid_input", *verb)
                self.assertRegex(said, self.SENTENCE)
                self.assertIn("Another home was put into its folder", said)
            self.assertEqual((folder / "vault").read_bytes(), (whole / "vault").read_bytes())
            (folder / "REVOKED.txt").unlink()
            self.assertEqual(commune("task", "list")[0]["id"], self.task)
            self.refusal(commune, "device_revoked", "sync")  # it is the same device all the same
            self.is_gone("commune")

    def test_the_machine_with_the_only_authority_key_keeps_it_until_it_is_replaced(self):
        self.units()
        invitation = self.office("authority", "invite", "--unit", "T00", "--officer", "Lê Văn Hai", "--role", "administrator")
        self.office("sync")
        second = self.home("second")
        second("enrol", "--invite", invitation["code"])
        self.add_key("second")
        self.office("sync")
        second("sync")
        founder = self.office("status")["device"]
        self.assertIn("do not delete that home", self.text("second", "authority", "revoke", "--device", founder, "--reason", "mất"))
        second("sync")
        for _ in range(2):
            said = self.refusal(self.office, "refused", "sync")
            self.assertIn("authority key", said)
            self.assertIn("Nothing was removed", said)
        request, keys = self.root / "request", self.root / "keys"
        second("authority", "rotate-authority", "--key-out", keys, "--request", request)
        self.refusal(second, "not_found", "authority", "sign", request, "--yes")
        self.assertEqual(self.office("authority", "sign", request, "--yes")["signatures"], 1)
        second("authority", "submit", request)
        self.refusal(self.office, "refused", "sync")  # not in force yet
        second("sync")
        self.assertRegex(self.refusal(self.office, "device_revoked", "sync"), self.SENTENCE)

    def test_an_office_device_leaves_a_parcel_for_each_ledger(self):
        self.units()
        invitation = self.office("authority", "invite", "--unit", "T00", "--officer", "Lê Văn Hai", "--role", "provincial")
        self.office("sync")
        second = self.home("second")
        second("enrol", "--invite", invitation["code"])
        self.add_key("second")
        self.office("sync")
        second("sync")
        (self.root / "one.csv").write_text("STT,Nội dung theo dõi\n1,Việc chung\n", encoding="utf-8")
        second("import", self.root / "one.csv", "--yes", "--assign-to", "X001,X002,X003")
        self.revoke("second")
        self.refusal(second, "device_revoked", "sync")
        listed = self.program("thongsuot-server", "quarantine", "list", "--data", self.root / "server", "--json")
        self.assertGreaterEqual({one["scope_unit"] for one in listed}, {"X001", "X002", "X003"})


if __name__ == "__main__":
    unittest.main()
