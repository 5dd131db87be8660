#!/usr/bin/env python3
"""How people and machines come into a province, through the built binaries: invitations as pictures, words compared by
telephone, two people with one code, several officers at one machine, auditors."""

import fcntl
import json
import os
import pty
import struct
import subprocess
import termios
import threading
import unittest

from province import BIN, SAMPLE, Province

WORDS = r"[^\d\W]+( [^\d\W]+){5}"


class Joining(Province):
    """Province with a terminal."""

    def setUp(self):
        super().setUp()
        self.units()
        self.office("sync")

    def on_terminal(self, name, *arguments, columns=120, typed="", expect=0):
        """What a person sees on a terminal of so many columns who types this."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, columns, 0, 0))
        process = subprocess.Popen([BIN / "thongsuot", *map(str, arguments)], stdin=theirs, stdout=theirs, stderr=theirs,
                                   env=self.clean_environment(name))
        os.close(theirs)
        os.write(ours, typed.encode())
        seen = b""
        try:
            while part := os.read(ours, 65536):
                seen += part
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        said = seen.decode().replace("\r\n", "\n")
        self.assertEqual(process.wait(timeout=60), expect, said)
        return said

    def invite(self, unit="X001", officer="Nguyễn Văn Thử", role="officer", *more):
        invitation = self.office("authority", "invite", "--unit", unit, "--officer", officer, "--role", role, *more)
        self.office("sync")
        return invitation

    def devices(self):
        return self.office("authority", "devices")


class Pictures(Joining):
    BEGIN, END = "\x1b[38;5;231;48;5;16m", "\x1b[0m"

    def picture(self, said):
        lines = [line for line in said.split("\n") if line.startswith(self.BEGIN)]
        self.assertTrue(all(line.endswith(self.END) for line in lines))
        return [line[len(self.BEGIN):-len(self.END)] for line in lines]

    def test_the_code_is_drawn_on_a_terminal_or_where_it_is_asked_for(self):
        command = ("authority", "invite", "--unit", "X001", "--officer", "A", "--role", "officer")
        self.assertEqual(self.picture(self.text("office", *command)), [])
        drawn = self.picture(self.text("office", *command, "--qr"))
        on_terminal = self.on_terminal("office", *command)
        for lines in (drawn, self.picture(on_terminal)):
            self.assertEqual({len(line) for line in lines}, {len(lines[0])})
            self.assertLessEqual(len(lines[0]), 80)
            self.assertEqual(len(lines), (len(lines[0]) + 1) // 2)
            self.assertEqual(lines[0], "█" * len(lines[0]))  # the quiet zone
            self.assertTrue(all(line.startswith("████") and line.endswith("████") for line in lines))
            self.assertLessEqual(set("".join(lines)), set(" █▀▄"))
        self.assertIn("Code:\n", on_terminal)
        narrow = self.on_terminal("office", *command, columns=40)
        self.assertEqual(self.picture(narrow), [])
        self.assertIn("make the window wider", narrow)
        self.refusal(self.office, "usage", *command, "--qr")


class Confirmation(Joining):
    def confirming(self):
        self.assertEqual(self.office("authority", "rule"), {"grant": "automatic", "dictionary": "1", "statements": "required"})
        self.assertTrue(self.office("authority", "rule", "grant", "confirm")["changed"])
        self.assertFalse(self.office("authority", "rule", "grant", "confirm")["changed"])
        self.assertEqual(self.office("authority", "rule", "grant"), {"grant": "confirm"})
        self.office("sync")

    def test_words_are_compared_before_a_key_is_given(self):
        self.confirming()
        commune = self.enrol("commune", "X001")
        self.assertRegex(self.enrolled["device_words"], f"^{WORDS}$")
        self.assertNotEqual(self.enrolled["device_words"], self.enrolled["words"])
        self.assertEqual((self.enrolled["state"], self.enrolled["waits_for_confirmation"]), ("waiting_for_key", True))
        self.assertTrue(commune("sync")["waits_for_confirmation"])
        for verb in ("sync", "status"):
            said = self.text("commune", verb)
            self.assertIn(self.enrolled["device_words"], said)
            self.assertIn("by telephone", said)
        self.refusal(commune, "usage", "authority", "confirm", self.enrolled["device"])

        device = next(d for d in self.devices() if d["device"] == self.enrolled["device"])
        self.assertEqual((device["words"], device["confirmed"]), (self.enrolled["device_words"], False))
        listed = self.text("office", "authority", "devices")
        self.assertIn("1 device waits for confirmation", listed)
        self.assertRegex(listed, f"WAITS for confirmation +{self.enrolled['device_words']}")
        self.assertEqual(self.office("sync")["waiting_for_confirmation"], 1)
        self.assertIn("thongsuot authority confirm", self.text("office", "sync"))

        start = self.enrolled["device"][:10]
        self.assertIn("--yes", self.refusal(self.office, "usage", "authority", "confirm", start))
        said = self.on_terminal("office", "authority", "confirm", start, typed="\n", expect=1)
        self.assertIn(self.enrolled["device_words"], said)
        self.assertIn("not confirmed; nothing was granted", said)
        self.assertEqual(self.office("status")["scopes"][0]["pending"], 0)
        self.assertIn("is confirmed", self.on_terminal("office", "authority", "confirm", start, typed="y\n"))
        self.refusal(self.office, "invalid_input", "authority", "confirm", start, "--yes")
        self.assertEqual(self.office("sync")["waiting_for_confirmation"], 0)
        self.assertEqual(commune("sync")["state"], "ready")
        self.assertFalse(commune("status")["waits_for_confirmation"])

    def test_who_was_confirmed_once_gets_later_keys_unasked(self):
        self.confirming()
        commune = self.enrol("commune", "X001")
        self.office("authority", "confirm", self.enrolled["device"], "--yes")
        lost = self.enrol("lost", "X001")
        self.office("authority", "confirm", self.enrolled["device"], "--yes")
        self.office("sync")
        self.office("authority", "revoke", "--device", lost("status")["device"], "--reason", "mất máy")
        self.office("import", SAMPLE / "tasks.csv", "--yes", "--assign-to", "X001")
        self.assertEqual(self.office("sync")["waiting_for_confirmation"], 0)
        self.office("import", SAMPLE / "tasks.csv", "--yes", "--assign-to", "X002")
        self.office("sync")
        self.assertEqual(commune("sync")["state"], "ready")
        self.assertEqual(len(commune("task", "list")), 120)

    def test_a_second_office_device_confirms_once_it_is_confirmed(self):
        self.confirming()
        invitation = self.office("authority", "invite", "--unit", "T00", "--officer", "Lê Thị Mai", "--role", "provincial")
        self.office("sync")
        second = self.home("second")
        device = second("enrol", "--invite", invitation["code"])["device"]
        self.add_key("second")
        commune = self.enrol("commune", "X001")
        second("sync")
        self.refusal(second, "not_permitted", "authority", "confirm", device, "--yes")
        self.refusal(second, "waiting_for_key", "authority", "confirm", self.enrolled["device"], "--yes")
        self.office("sync")
        self.office("authority", "confirm", device, "--yes")
        self.office("sync")
        second("sync")
        second("authority", "confirm", self.enrolled["device"], "--yes")
        second("sync")
        self.assertEqual(commune("sync")["state"], "ready")

    def test_whoever_sits_at_a_terminal_is_asked_before_a_device_is_revoked(self):
        self.enrol("commune", "X001")
        device = self.enrolled["device"]
        revoke = ("authority", "revoke", "--device", device[:8], "--reason", "mất máy")
        said = self.on_terminal("office", *revoke, typed="n\n", expect=1)
        self.assertIn("Nguyễn Văn Thử (X001)", said)
        self.assertIn("for good", said)
        self.assertIn("nothing was changed", said)
        self.assertFalse(next(d for d in self.devices() if d["device"] == device)["revoked"])
        self.assertEqual(self.office("status")["scopes"][0]["pending"], 0)
        self.on_terminal("office", *revoke, typed="y\n")
        self.office("sync")
        self.assertTrue(next(d for d in self.devices() if d["device"] == device)["revoked"])

    def test_unknown_rules_and_values_are_told_with_those_there_are(self):
        self.assertIn("grant, dictionary, statements", self.refusal(self.office, "usage", "authority", "rule", "grants", "confirm"))
        self.assertIn("automatic, confirm", self.refusal(self.office, "usage", "authority", "rule", "grant", "ask"))
        commune = self.enrol("commune", "X001")
        self.refusal(commune, "not_permitted", "authority", "rule", "grant", "confirm")
        self.assertEqual(commune("authority", "rule", "grant"), {"grant": "automatic"})


class Codes(Joining):
    def test_two_with_one_code_make_one_device(self):
        for round in range(6):
            invitation = self.invite()
            known = {d["device"] for d in self.devices()}
            done = {}

            def enrol(name):
                done[name] = subprocess.run([BIN / "thongsuot", "enrol", "--json", "--invite", invitation["code"]], text=True,
                                            capture_output=True, timeout=120, env=self.clean_environment(name))

            names = [f"{who}{round}" for who in ("first", "second")]
            threads = [threading.Thread(target=enrol, args=(name,)) for name in names]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            codes = sorted(d.returncode for d in done.values())
            self.assertEqual(codes, [0, 1], [d.stdout for d in done.values()])
            winner = next(name for name in names if done[name].returncode == 0)
            loser = next(name for name in names if done[name].returncode == 1)
            error = json.loads(done[loser].stdout)["error"]
            self.assertEqual(error["code"], "invitation_used")
            self.assertRegex(error["message"], r"^This invitation was used already: .*Ask the office for a new one\.$")
            self.office("sync")
            self.assertEqual({d["device"] for d in self.devices()} - known, {json.loads(done[winner].stdout)["device"]})
        # The loser's home was not spent on it.
        self.home(loser)("enrol", "--invite", self.invite()["code"])

    def test_a_code_that_expired_by_the_servers_clock_is_refused(self):
        library = os.environ.get("THONGSUOT_MOVED_CLOCK", "")
        if not library:
            self.skipTest("SKIPPED: not with sanitizers")
        invitation = self.invite("X001", "A", "officer", "--hours", "1")
        self.stop()
        (self.root / "clock").write_text("7200")
        self.start(env={**os.environ, "LD_PRELOAD": library, "THONGSUOT_CLOCK_FILE": str(self.root / "clock")})
        # The short code does not tell the client when it expires: only the server can.
        said = self.refusal(self.home("late"), "invitation_expired", "enrol", "--invite", invitation["short_code"], "--server",
                            self.address)
        self.assertIn("Ask the office for a new one", said)

    def test_an_unused_code_can_be_taken_back(self):
        kept, taken, used = self.invite(), self.invite("X002", "Lê Thị Mai", "clerk"), self.invite("X003")
        self.home("used")("enrol", "--invite", used["code"])
        self.office("sync")
        open_ones = self.office("authority", "invitations")
        self.assertEqual({i["number"] for i in open_ones}, {kept["number"], taken["number"]})
        self.assertLessEqual({"number", "unit", "officer", "roles", "expires", "state", "used_by"}, set(open_ones[0]))
        self.assertRegex(self.text("office", "authority", "invitations"), f"{taken['number'][:10]} +X002 +Lê Thị Mai +clerk ")
        self.assertIn("authority revoke", self.refusal(self.office, "invitation_used", "authority", "withdraw", used["number"]))
        self.assertEqual(self.office("authority", "withdraw", taken["number"][:8])["state"], "withdrawn")
        self.assertIn("before", self.refusal(self.office, "invalid_input", "authority", "withdraw", taken["number"]))
        self.office("sync")
        self.assertIn("withdrawn", self.refusal(self.home("late"), "invitation_expired", "enrol", "--invite", taken["code"]))
        self.home("late")("enrol", "--invite", kept["code"])
        self.office("sync")
        self.assertEqual(self.office("authority", "invitations"), [])
        states = {i["number"]: (i["state"], i["used_by"]) for i in self.office("authority", "invitations", "--all")}
        self.assertEqual(states[taken["number"]], ("withdrawn", None))
        self.assertEqual(states[used["number"]], ("used", self.home("used")("status")["device"]))


class Officers(Joining):
    def test_several_officers_work_at_one_device(self):
        commune = self.enrol("commune", "X001")
        device = self.enrolled["device"]
        self.office("import", SAMPLE / "tasks.csv", "--yes", "--assign-to", "X001")
        self.office("sync")
        commune("sync")
        task = commune("task", "list")[0]["id"]
        commune("task", "progress", task, "--text", "Trước khi có người thứ hai")
        commune("sync")
        second = self.office("authority", "invite", "--device", device[:8], "--officer", "Trần Thị Lan", "--role", "leader")
        other = self.enrol("other", "X001")
        self.assertIn(device[:10], self.refusal(other, "invalid_input", "officer", "add", "--invite", second["code"]))
        # It asks the server for the invitation by itself.
        added = commune("officer", "add", "--invite", "-", text=second["short_code"] + "\n")
        self.assertEqual((added["officer"], added["roles"], added["pending"]), ("Trần Thị Lan", ["leader"], True))
        self.refusal(commune, "invitation_used", "officer", "add", "--invite", second["code"])
        self.assertIn("not sent yet", self.text("commune", "officer", "list"))
        commune("sync")
        officers = commune("officer", "list")
        self.assertEqual([o["officer"] for o in officers], ["Nguyễn Văn Thử", "Trần Thị Lan"])
        self.assertTrue(all(o["key_held"] and o["enrolled_at"] and not o["pending"] for o in officers))
        self.assertIn("histories name them all", self.text("commune", "officer", "list"))

        commune("task", "progress", task, "--text", "Sau đó")
        commune("sync")
        self.office("sync")
        listed = next(d for d in self.devices() if d["device"] == device)
        self.assertEqual(listed["roles"], ["officer", "leader"])
        self.assertEqual([o["officer"] for o in listed["officers"]], ["Nguyễn Văn Thử", "Trần Thị Lan"])
        # The device has signed, neither of them: a history names whoever could act.
        history = {h["summary"]: h["officer"] for h in self.office("task", "history", task)}
        self.assertEqual(history["Trước khi có người thứ hai"], "Nguyễn Văn Thử")
        self.assertEqual(history["Sau đó"], "Nguyễn Văn Thử / Trần Thị Lan")

        self.refusal(commune, "invalid_input", "officer", "add", "--invite", self.invite()["code"])
        self.refusal(self.office, "invalid_input", "authority", "invite", "--device", device, "--unit", "X002", "--officer", "A", "--role",
                     "officer")
        self.refusal(self.office, "usage", "authority", "invite", "--officer", "A", "--role", "officer")
        late = self.office("authority", "invite", "--device", device, "--officer", "Y Hơ", "--role", "clerk")
        self.office("authority", "withdraw", late["number"])
        self.office("sync")
        self.refusal(commune, "invitation_expired", "officer", "add", "--invite", late["code"])
        self.assertEqual(sum(s["pending"] for s in commune("status")["scopes"]), 0)


class Auditors(Joining):
    def test_an_auditor_reads_everything_of_his_and_writes_nothing(self):
        self.office("import", SAMPLE / "tasks.csv", "--yes", "--assign-to", "X001,X002")
        self.office("sync")
        commune = self.enrol("commune", "X001")
        for name, unit, count in (("at-commune", "X001", 120), ("at-province", "T00", 240)):
            invitation = self.invite(unit, "Kiểm toán viên", "auditor")
            auditor = self.home(name)
            auditor("enrol", "--invite", invitation["code"])
            self.add_key(name)
            self.office("sync")
            self.assertEqual(auditor("sync")["state"], "ready")
            tasks = auditor("task", "list")
            self.assertEqual(len(tasks), count)
            one = tasks[0]["id"]
            auditor("task", "show", one)
            auditor("task", "history", one)
            self.assertEqual(auditor("report", "summary")["total"], count)
            auditor("audit", "list")
            before = auditor("status")["scopes"]
            device = commune("status")["device"]
            self.assertIn("only reads", self.refusal(auditor, "not_permitted", "task", "progress", one, "--text", "Đã xem"))
            refused = [
                ("task", "progress", one, "--text", "Đã xem"),
                ("task", "complete", one, "--result", "Đã xem"),
                ("task", "assign", one, "--to", "X003"),
                ("import", SAMPLE / "tasks.csv", "--yes", "--assign-to", "X003"),
                ("authority", "import-units", SAMPLE / "units.csv"),
                ("authority", "invite", "--unit", "X001", "--officer", "A", "--role", "officer"),
                ("authority", "revoke", "--device", device, "--reason", "thử"),
                ("authority", "rule", "grant", "confirm"),
                ("authority", "confirm", device, "--yes"),
                ("authority", "withdraw", invitation["number"]),
            ]
            for arguments in refused:
                said = self.refusal(auditor, "not_permitted", *arguments)
                self.assertNotIn("had no right", said, arguments)
            self.assertEqual(auditor("status")["scopes"], before)
            self.assertEqual(auditor("sync")["entries_up"], 0)
        # An auditor at the province does no duty of the office either: only the office grants.
        late = self.invite("X001", "Lê Thị Mai")
        waiting = self.home("late")
        waiting("enrol", "--invite", late["code"])
        self.assertEqual(self.home("at-province")("sync")["entries_up"], 0)
        self.assertEqual(waiting("sync")["state"], "waiting_for_key")
        self.office("sync")
        self.assertEqual(waiting("sync")["state"], "ready")


class UnitCodes(Joining):
    def test_a_unit_is_named_in_any_case_and_a_wrong_code_names_those_near(self):
        self.assertEqual(self.office("import", SAMPLE / "tasks.csv", "--yes", "--assign-to", "x001")["created"], 120)
        self.assertEqual(len(self.office("task", "list", "--unit", "x001")), 120)
        self.assertEqual(self.office("report", "summary", "--unit", "x001")["total"], 120)
        task = self.office("task", "list")[0]["task"]
        self.assertEqual(self.office("task", "assign", task, "--to", "x002,X002,x001"), {"created": 1, "existing": 1})
        self.assertEqual(self.invite("x003")["number"], self.office("authority", "invitations")[0]["number"])
        self.assertEqual(self.office("authority", "invitations")[0]["unit"], "X003")
        for arguments in (("task", "list", "--unit", "X0O1"), ("task", "assign", task, "--to", "X0O1"),
                          ("import", SAMPLE / "tasks.csv", "--yes", "--assign-to", "X0O1"),
                          ("authority", "invite", "--unit", "X0O1", "--officer", "A", "--role", "officer")):
            self.assertRegex(self.refusal(self.office, "unknown_unit", *arguments), r'code "X0O1"; did you mean X001')
        (self.root / "units.csv").write_text("code,name,level\nx001,Xã khác,commune\n", encoding="utf-8")
        self.assertIn("X001", self.refusal(self.office, "invalid_input", "authority", "import-units", self.root / "units.csv"))


if __name__ == "__main__":
    unittest.main()
