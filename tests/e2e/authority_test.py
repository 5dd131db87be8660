#!/usr/bin/env python3
"""Authority keys with keepers of their own, and servers that change their keys, through the built binaries."""

import shutil
import unittest

from province import Province


class Authority(Province):
    def rotate(self, sync=True):
        """The operator makes new keys, the office signs for them; the keys that were in force are returned."""
        before = (self.root / "server" / "server.key").read_bytes()
        token = self.program("thongsuot-server", "rotate-key", "--data", self.root / "server", "--json")["rotation_token"]
        self.office("authority", "rotate-server", "--token", "-", text=token + "\n")
        if sync:
            self.office("sync")
        return before

    def key_files(self):
        return {p.name for p in (self.root / "server").glob("server.key*")}

    def found_anew(self, *options, name="p2", code="T00"):
        """Another server and office, founded with these options."""
        self.stop()
        self.address = None
        token = self.program("thongsuot-server", "init", "--data", self.root / name, "--json")["bootstrap_token"]
        (self.root / "server").rename(self.root / f"before-{name}")
        (self.root / name).rename(self.root / "server")
        self.start()
        self.office = self.home(f"office-{name}")
        founded = self.office("authority", "init", "--server", self.address, "--bootstrap", "-", "--province",
                              "Tỉnh Thử Nghiệm", "--code", code, *options, text=token)
        self.add_key(f"office-{name}")
        return founded

    def sign(self, request, number, expect=0, code=None):
        keys = self.root / "keys"
        return self.program("thongsuot", "authority", "sign", request, "--key", keys / f"authority-{number}.key",
                            "--code", code or f"@{keys}/authority-{number}.code", "--yes", "--json", expect=expect)

    def test_a_server_changes_its_keys_without_a_restart_and_every_device_follows(self):
        self.units()
        commune = self.enrol("commune", "X001")
        old = self.rotate()
        self.assertEqual(self.key_files(), {"server.key"})
        new = (self.root / "server" / "server.key").read_bytes()
        self.assertNotEqual(new[11:75], old[11:75])  # Noise and head secrets
        self.assertEqual(new[75:123], old[75:123])  # bootstrap secret and store key
        (self.root / "one.csv").write_text("STT,Nội dung theo dõi\n1,Việc của xã\n", encoding="utf-8")
        self.office("import", self.root / "one.csv", "--yes", "--assign-to", "X001")
        self.office("sync")
        self.assertEqual(commune("sync")["pending"], 0)
        self.assertEqual(len(commune("task", "list")), 1)
        # The new keys are in force after a restart too, and the next token is another one.
        self.stop()
        self.start()
        commune("sync")
        self.rotate()
        self.assertNotEqual((self.root / "server" / "server.key").read_bytes(), new)
        commune("sync")

    def test_a_commune_that_slept_over_two_rotations_syncs_with_its_work(self):
        self.units()
        commune = self.enrol("commune", "X001")
        (self.root / "one.csv").write_text("STT,Nội dung theo dõi\n1,Việc của xã\n", encoding="utf-8")
        self.office("import", self.root / "one.csv", "--yes", "--assign-to", "X001")
        self.office("sync")
        commune("sync")
        task = commune("task", "list")[0]["id"]
        commune("task", "progress", task, "--text", "Trước khi ngủ")
        self.rotate()
        self.rotate()
        self.assertEqual(commune("sync")["entries_up"], 1)
        self.assertEqual(commune("sync")["entries_up"], 0)
        self.office("sync")
        history = self.office("task", "history", self.office("task", "list", "--unit", "X001")[0]["id"])
        self.assertIn("Trước khi ngủ", str(history))

    def test_an_invitation_from_before_a_rotation_still_enrols(self):
        self.units()
        long = self.office("authority", "invite", "--unit", "X001", "--officer", "A", "--role", "officer")
        short = self.office("authority", "invite", "--unit", "X001", "--officer", "B", "--role", "officer")
        self.office("sync")
        self.rotate()
        self.rotate()
        self.home("long")("enrol", "--invite", long["code"])
        self.home("short")("enrol", "--invite", short["short_code"], "--server", self.address)
        self.office("sync")
        for name in ("long", "short"):
            self.assertEqual(self.home(name)("sync")["state"], "ready")

    def test_another_provinces_server_at_the_address_is_named_and_gets_nothing(self):
        self.units()
        commune = self.enrol("commune", "X001")
        address = self.address
        self.found_anew(name="theirs")
        self.stop()
        self.address = address
        self.start()
        self.assertIn("Nothing was sent", self.refusal(commune, "refused", "sync"))
        self.stop()
        (self.root / "server").rename(self.root / "theirs")
        (self.root / "before-theirs").rename(self.root / "server")
        self.start()
        commune("sync")

    def test_a_crash_at_any_step_of_a_rotation_is_harmless(self):
        self.units()
        commune = self.enrol("commune", "X001")
        data = self.root / "server"
        old = self.rotate()
        new = (data / "server.key").read_bytes()
        self.stop()
        # Ordered, and the files not touched yet.
        (data / "server.key").write_bytes(old)
        (data / "server.key.next").write_bytes(new)
        (data / "server.key.next").chmod(0o600)
        self.start()
        self.assertEqual(((data / "server.key").read_bytes(), self.key_files()), (new, {"server.key"}))
        commune("sync")
        self.stop()
        # Two names of the old keys, before they were replaced.
        (data / "server.key").write_bytes(old)
        (data / "server.key.old").hardlink_to(data / "server.key")
        (data / "server.key.next").write_bytes(new)
        (data / "server.key.next").chmod(0o600)
        self.start()
        self.assertEqual(((data / "server.key").read_bytes(), self.key_files()), (new, {"server.key"}))
        commune("sync")
        self.stop()
        # Replaced, and the old ones not erased yet.
        (data / "server.key.old").write_bytes(old)
        self.start()
        self.assertEqual(((data / "server.key").read_bytes(), self.key_files()), (new, {"server.key"}))
        commune("sync")
        # Keys that no charter names do not serve: better no server than one that nobody believes.
        self.stop()
        (data / "server.key").write_bytes(old)
        said = self.program("thongsuot-server", "run", "--data", data, "--listen", "127.0.0.1:0", expect=1)
        self.assertIn("not those of the charter in force", said)
        (data / "server.key").write_bytes(new)

    def test_a_prepared_rotation_waits_for_the_province_and_tokens_are_checked(self):
        data = self.root / "server"
        token = self.program("thongsuot-server", "rotate-key", "--data", data, "--json")["rotation_token"]
        again = self.program("thongsuot-server", "rotate-key", "--data", data, "--json")["rotation_token"]
        self.assertEqual(token, again)
        self.office("sync")
        self.stop()
        self.start()
        self.assertEqual(self.key_files(), {"server.key", "server.key.next"})
        self.office("sync")
        self.refusal(self.office, "invalid_input", "authority", "rotate-server", "--token", token[:50])
        bootstrap = (self.root / "token").read_text()
        self.refusal(self.office, "invalid_input", "authority", "rotate-server", "--token", bootstrap)
        self.office("authority", "rotate-server", "--token", token)
        self.refusal(self.office, "invalid_input", "authority", "rotate-server", "--token", token)  # one at a time
        self.office("sync")
        self.refusal(self.office, "invalid_input", "authority", "rotate-server", "--token", token)  # in force
        empty = self.root / "empty"
        self.program("thongsuot-server", "init", "--data", empty, "--json")
        said = self.program("thongsuot-server", "rotate-key", "--data", empty, "--json", expect=1)
        self.assertEqual(said["error"]["code"], "not_found")

    def test_two_of_three_keepers_sign_for_the_server_an_administrator_and_their_successors(self):
        keys = self.root / "keys"
        founded = self.found_anew("--authority-keys", "3", "--threshold", "2", "--key-out", keys)
        self.assertEqual((founded["authority_keys"], founded["threshold"]), (3, 2))
        self.assertEqual({p.name for p in keys.iterdir()},
                         {f"authority-{n}.{kind}" for n in (1, 2, 3) for kind in ("key", "code")})
        self.units()
        commune = self.enrol("commune", "X001")

        # The server's keys.
        token = self.program("thongsuot-server", "rotate-key", "--data", self.root / "server", "--json")["rotation_token"]
        request = self.root / "charter.request"
        self.refusal(self.office, "usage", "authority", "rotate-server", "--token", token)
        asked = self.office("authority", "rotate-server", "--token", token, "--request", request)
        self.assertEqual((asked["kind"], asked["signatures"], asked["needed"]), ("charter", 0, 2))
        self.assertIn("0 of the 2", self.text("nowhere", "authority", "show", request))
        self.refusal(self.office, "not_permitted", "authority", "submit", request)
        wrong = (keys / "authority-2.code").read_text().strip()
        self.assertEqual(self.sign(request, 1, expect=1, code=wrong)["error"]["code"], "wrong_passphrase")
        self.assertEqual(self.sign(request, 1)["signatures"], 1)
        self.assertEqual(self.sign(request, 1)["signatures"], 1)
        self.refusal(self.office, "not_permitted", "authority", "submit", request)
        self.assertEqual(self.sign(request, 3)["signatures"], 2)
        self.office("authority", "submit", request)
        self.office("sync")
        self.assertEqual(self.key_files(), {"server.key"})
        self.refusal(self.office, "invalid_input", "authority", "submit", request)
        commune("sync")

        # An administrator.
        request = self.root / "administrator.request"
        invite = ["authority", "invite", "--unit", "T00", "--officer", "Phạm Thị Mười", "--role", "administrator"]
        self.refusal(self.office, "usage", *invite)
        invitation = self.office(*invite, "--request", request)
        self.office("sync")
        self.refusal(self.home("second"), "refused", "enrol", "--invite", invitation["code"])
        self.assertIn("Phạm Thị Mười", self.text("nowhere", "authority", "show", request))
        self.sign(request, 2)
        self.sign(request, 3)
        self.office("authority", "submit", request)
        self.office("sync")
        self.assertEqual(self.home("second")("enrol", "--invite", invitation["code"])["role"], "administrator")

        # Their successors; those before have no say any more.
        request, new = self.root / "set.request", self.root / "new-keys"
        asked = self.office("authority", "rotate-authority", "--authority-keys", 2, "--threshold", 1, "--key-out", new,
                            "--request", request)
        self.assertEqual((asked["kind"], asked["needed"]), ("authority_set", 2))
        self.sign(request, 1)
        self.sign(request, 2)
        self.office("authority", "submit", request)
        self.office("sync")
        token = self.program("thongsuot-server", "rotate-key", "--data", self.root / "server", "--json")["rotation_token"]
        request = self.root / "next.request"
        self.office("authority", "rotate-server", "--token", token, "--request", request)
        self.assertEqual(self.sign(request, 1, expect=1)["error"]["code"], "not_permitted")
        shutil.rmtree(keys)
        new.rename(keys)
        self.assertEqual(self.sign(request, 2)["needed"], 1)
        self.office("authority", "submit", request)
        self.office("sync")
        commune("sync")

    def test_a_province_of_one_key_hands_over_to_keepers_and_forgets_its_own(self):
        keys = self.root / "keys"
        self.refusal(self.office, "usage", "authority", "rotate-authority", "--authority-keys", 1)
        self.office("authority", "rotate-authority", "--authority-keys", 3, "--threshold", 2, "--key-out", keys)
        self.office("sync")
        token = self.program("thongsuot-server", "rotate-key", "--data", self.root / "server", "--json")["rotation_token"]
        request = self.root / "charter.request"
        self.assertEqual(self.office("authority", "rotate-server", "--token", token, "--request", request)["signatures"], 0)
        self.sign(request, 1)
        self.sign(request, 2)
        self.office("authority", "submit", request)
        self.office("sync")
        self.assertEqual(self.key_files(), {"server.key"})

    def test_damaged_and_foreign_requests_are_refused_with_a_sentence(self):
        token = self.program("thongsuot-server", "rotate-key", "--data", self.root / "server", "--json")["rotation_token"]
        keys = self.root / "keys"
        self.office("authority", "rotate-authority", "--authority-keys", 2, "--threshold", 2, "--key-out", keys)
        self.office("sync")
        request = self.root / "charter.request"
        self.office("authority", "rotate-server", "--token", token, "--request", request)
        whole = request.read_bytes()
        request.write_bytes(whole[:-40])
        self.refusal(self.office, "invalid_input", "authority", "submit", request)
        request.write_bytes(whole[:60] + bytes([whole[60] ^ 1]) + whole[61:])
        self.refusal(self.office, "invalid_input", "authority", "submit", request)
        request.write_bytes(b"\0" * 70000)
        self.refusal(self.office, "limit", "authority", "submit", request)
        self.refusal(self.office, "not_found", "authority", "show", self.root / "nowhere.request")
        request.write_bytes(whole)
        # Every key exists once: a folder that holds some is not written to.
        self.refusal(self.office, "invalid_input", "authority", "rotate-authority", "--authority-keys", 2, "--threshold", 2,
                     "--key-out", keys, "--request", self.root / "other.request")
        self.refusal(self.office, "usage", "authority", "rotate-authority", "--authority-keys", 2, "--threshold", 3,
                     "--key-out", self.root / "k2")
        self.found_anew(name="theirs")
        self.refusal(self.office, "invalid_input", "authority", "submit", request)


if __name__ == "__main__":
    unittest.main()
