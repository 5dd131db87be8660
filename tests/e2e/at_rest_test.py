#!/usr/bin/env python3
"""What lies on disks and passes over the line: none of the texts and keys; and what opens a home."""

import base64
import json
import os
import pty
import random
import resource
import signal
import subprocess
import unicodedata
import unittest
from pathlib import Path

from province import BIN, Province
from wire import Way, Wire

CROCKFORD = str.maketrans("0123456789ABCDEFGHJKMNPQRSTVWXYZ", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
OTHER = "một câu hoàn toàn khác"


def from_base32(code):
    letters = code.replace("-", "").replace("\n", "").translate(CROCKFORD)
    return base64.b32decode(letters[:len(letters) // 8 * 8])


class Recorded(Way):
    """One direction of a line, whose bytes are kept."""

    def __init__(self):
        super().__init__()
        self.bytes = bytearray()

    def pieces(self, data, passed):
        self.bytes += data
        yield data


class AtRest(Province):
    by_passphrase = True

    def found(self):
        self.dice = random.Random(20261122)
        self.texts, self.secrets = set(), {}
        token = self.program("thongsuot-server", "init", "--data", self.root / "server", "--json")["bootstrap_token"]
        self.secrets["bootstrap token"] = [token.encode()]
        self.start()
        self.wire = Wire(self.address)
        self.addCleanup(self.wire.close)
        self.wire.up, self.wire.down = Recorded(), Recorded()
        (self.root / "token").write_text(token)
        founded = self.office("authority", "init", "--server", self.wire.address, "--bootstrap", f"@{self.root}/token",
                              "--province", self.plant("Tỉnh"), "--code", "T00", "--officer", self.plant("Bà"))
        self.know_code("recovery code of the office", founded["recovery_code"])
        self.know("passphrase", self.passphrase.read_text(encoding="utf-8").strip())
        # As the command says: it is printed, and the file is deleted.
        paper = self.root / "office" / "recovery-key.txt"
        self.know("province recovery key", paper.read_text().strip(), from_base32(paper.read_text()))
        paper.unlink()
        key = (self.root / "server" / "server.key").read_bytes()
        for name, start, size in (("Noise", 11, 32), ("head", 43, 32), ("bootstrap", 75, 16), ("store", 91, 32)):
            self.know(f"{name} key of the server", key[start:start + size].hex(), key[start:start + size])

    def plant(self, word):
        """A text that stands nowhere else."""
        text = f"{word} Ẩn{''.join(self.dice.choices('aăâbcdđeêghiklmnoôơpqrstuưvxy', k=12))}"
        self.texts.add(text.split()[-1])
        return text

    def know(self, name, text, *raw):
        self.secrets[name] = [form for form in (text.encode(), *raw)]

    def know_code(self, name, code):
        self.know(name, code, code.replace("-", "").encode(), from_base32(code)[:16])

    def patterns(self):
        """What nobody may find, by what it is: every text in UTF-8 and UTF-16, every secret also as raw bytes."""
        out = {f"the text {text}": [text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")] for text in self.texts}
        for name, forms in self.secrets.items():
            wide = [form.decode().encode(code) for form in forms[:1] for code in ("utf-16-le", "utf-16-be")]
            out[name] = [*forms, *wide]
        return out

    def places(self):
        """Every byte at rest and on the line; the server's keys lie in the one file that is made for them."""
        for folder in ("office", "commune", "server"):
            for path in sorted((self.root / folder).rglob("*")):
                if not path.is_file() or path == self.root / "server" / "server.key":
                    continue
                content = path.read_bytes()
                if content.strip(b"\0"):  # the ballast holds nothing
                    yield str(path.relative_to(self.root)), content
        yield "the line to the server", bytes(self.wire.up.bytes)
        yield "the line from the server", bytes(self.wire.down.bytes)

    def found_in(self, places):
        patterns = self.patterns().items()
        return {(what, where) for where, content in places for what, forms in patterns if any(form in content for form in forms)}

    def work(self):
        """A day of an office and a commune, with everything that people type."""
        units = [("X001", self.plant("Xã"), "commune"), ("SO1", self.plant("Sở"), "department")]
        (self.root / "units.csv").write_text("code,name,level\n" + "".join(",".join(u) + "\n" for u in units), encoding="utf-8")
        self.office("authority", "import-units", self.root / "units.csv")
        self.office("sync")
        rows = [[str(i + 1), self.plant("Rà soát"), self.plant("Sở"), self.plant("Đang làm")] for i in range(60)]
        table = [["STT", "Nội dung theo dõi", "Đơn vị chủ trì", "Tình hình thực hiện"], *rows]
        (self.root / "t.csv").write_text("\n".join(map(",".join, table)) + "\n", encoding="utf-8")
        self.assertEqual(self.office("import", self.root / "t.csv", "--yes", "--assign-to", "X001")["created"], 60)
        invitation = self.office("authority", "invite", "--unit", "X001", "--officer", self.plant("Ông"), "--role", "officer")
        self.office("sync")
        self.know("invitation", invitation["code"])
        self.know_code("short code", invitation["short_code"])
        commune = self.home("commune")
        enrolled = commune("enrol", "--invite", invitation["code"])
        self.know_code("recovery code of the commune", enrolled["recovery_code"])
        self.office("sync")
        commune("sync")
        commune("passphrase", "add-key-file", self.root / "commune.key")
        key = (self.root / "commune.key").read_bytes()
        self.know("key file", key.hex(), key)
        tasks = [task["id"] for task in commune("task", "list")]
        for task in tasks[:10]:
            commune("task", "progress", task, "--text", self.plant("Đã họp"))
        for task in tasks[:5]:
            commune("task", "complete", task, "--result", self.plant("Đã xong"), "--completed", "2026-01-05")
        commune("sync")
        self.office("sync")
        for task in tasks[10:15]:  # waits
            commune("task", "progress", task, "--text", self.plant("Chưa gửi"))
        self.secret_file("other", OTHER)
        self.know("other passphrase", OTHER)
        reset = self.office("passphrase", "reset", "--recovery-code", "-", "--new-passphrase-file", self.root / "other",
                            text=self.secrets["recovery code of the office"][0].decode())
        self.know_code("second recovery code of the office", reset["recovery_code"])
        return commune

    def test_no_text_and_no_key_lies_in_a_home_at_the_server_or_on_the_line(self):
        commune = self.work()
        self.assertGreaterEqual(len(self.texts), 200)
        self.assertGreaterEqual(len(self.secrets), 13)
        # Ended in the middle of things, both leave what they leave.
        watch = subprocess.Popen([BIN / "thongsuot", "sync", "--watch", "--json"], stdout=subprocess.PIPE, text=True,
                                 env=self.environment("commune"))
        watch.stdout.readline()
        watch.kill()
        watch.wait()
        watch.stdout.close()
        self.stop(signal.SIGKILL)
        self.assertGreater(len(self.wire.up.bytes), 10_000)
        self.assertGreater(len(self.wire.down.bytes), 10_000)
        self.assertEqual(self.found_in(self.places()), set())
        # The search finds each of them where it lies in plain, in every form.
        plain = [form for forms in self.patterns().values() for form in forms]
        for i, form in enumerate(plain):
            self.assertTrue(self.found_in([("a control", b"\x00x" * (i % 3) + form + b"y")]), form)
        (self.root / "commune" / "store" / "left").write_bytes(b"x" + next(iter(self.texts)).encode("utf-16-le"))
        self.assertEqual({where for _, where in self.found_in(self.places())}, {"commune/store/left"})
        self.assertEqual(len(commune("task", "list")), 60)

    def ended_by(self, command, how, ready, **options):
        """Whether the program that was ended by this signal left a core, and the size that its limit allows it."""
        folder = self.root / "cores"
        folder.mkdir(exist_ok=True)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder, **options,
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2))
        self.assertRegex(process.stdout.readline(), ready)
        limits = Path(f"/proc/{process.pid}/limits").read_text().splitlines()
        allowed = next(line.split()[4] for line in limits if line.startswith("Max core file size"))
        owner = os.stat(f"/proc/{process.pid}/mem").st_uid
        process.send_signal(how)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = status
        process.stdout.close()
        self.assertTrue(os.WIFSIGNALED(status) and os.WTERMSIG(status) == how)
        return os.WCOREDUMP(status) or any(folder.iterdir()), allowed, owner

    def test_a_program_that_ends_by_a_signal_leaves_no_core(self):
        self.stop()
        server = [BIN / "thongsuot-server", "run", "--data", self.root / "server", "--listen", self.address]
        # A sanitizer's runtime takes SIGSEGV for itself.
        for how in (signal.SIGABRT,) if os.environ.get("THONGSUOT_SANITIZE") else (signal.SIGABRT, signal.SIGSEGV):
            with self.subTest(how):
                left, allowed, owner = self.ended_by(server, how, "^ready ")
                self.assertEqual((left, allowed, owner), (False, "0", 0))  # owned by root: nobody else may look into it
        self.start()
        watch = [BIN / "thongsuot", "sync", "--watch", "--json"]
        for how in (signal.SIGQUIT, signal.SIGABRT):
            with self.subTest(how):
                left, allowed, owner = self.ended_by(watch, how, "^{", env=self.environment("office"))
                self.assertEqual((left, allowed, owner), (False, "0", 0))
        left, allowed, _ = self.ended_by(["sh", "-c", "echo ready; exec sleep 60"], signal.SIGABRT, "ready")
        if not left:
            print("this machine leaves no core of any program: only the limits were seen", flush=True)
        else:
            self.assertNotEqual(allowed, "0")


class Passphrases(Province):
    by_passphrase = True

    def test_a_lost_passphrase_loses_nothing(self):
        self.units()
        first = self.office("authority", "invite", "--unit", "X001", "--officer", "A", "--role", "officer")
        self.office("sync")
        commune = self.home("commune")
        self.secret_file("lost", "một câu sẽ bị quên")
        code = commune("enrol", "--invite", first["code"], "--passphrase-file", self.root / "lost")["recovery_code"]
        self.assertRegex(code, r"^([0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}$")
        before = commune("status", "--passphrase-file", self.root / "lost")
        self.assertIn("recovery code", self.refusal(commune, "wrong_passphrase", "status"))

        reset = ("passphrase", "reset", "--new-passphrase-file", self.passphrase, "--recovery-code")
        typo = code[:20] + ("7" if code[20] != "7" else "8") + code[21:]
        self.assertIn("mistyped", self.refusal(commune, "invalid_input", *reset, typo))
        self.assertIn("whole", self.refusal(commune, "invalid_input", *reset, code[:30]))
        self.refusal(commune, "wrong_passphrase", *reset, self.founded["recovery_code"])  # another home's
        self.refusal(self.home("nowhere"), "not_found", *reset, code)
        again = commune(*reset, "-", text=code.lower().replace("-", " ") + "\n")["recovery_code"]
        self.assertNotEqual(again, code)
        self.assertEqual(commune("status"), before)
        self.refusal(commune, "wrong_passphrase", "status", "--passphrase-file", self.root / "lost")
        self.assertIn("replaced", self.refusal(commune, "wrong_passphrase", *reset, code))
        self.secret_file("code", again)
        self.assertIn("Write it on paper", self.text("commune", *reset, f"@{self.root}/code"))
        # A home that lost its code gets another one.
        newest = commune("passphrase", "recovery-code")["recovery_code"]
        self.refusal(commune, "wrong_passphrase", *reset, again)
        commune(*reset, newest)
        self.assertEqual([slot["kind"] for slot in commune("passphrase", "slots")], ["passphrase", "recovery_code"])

    def test_a_passphrase_is_changed(self):
        new = self.secret_file("new", OTHER)
        self.refusal(self.office, "wrong_passphrase", "passphrase", "change", "--new-passphrase-file", new, "--passphrase-file", new)
        self.assertEqual(self.office("passphrase", "change", "--new-passphrase-file", new), {})
        self.refusal(self.office, "wrong_passphrase", "status")
        self.office("status", "--passphrase-file", new)
        # Composed otherwise it is the same one.
        decomposed = self.secret_file("decomposed", unicodedata.normalize("NFD", OTHER) + "\nmột dòng khác")
        self.assertNotEqual(decomposed.read_text(encoding="utf-8").split("\n")[0], OTHER)
        self.office("status", "--passphrase-file", decomposed)
        self.assertIn("no terminal", self.refusal(self.office, "no_passphrase", "passphrase", "change", "--passphrase-file", new))

    def test_a_new_passphrase_has_eight_characters(self):
        short = self.secret_file("short", "bảy ắắắ")
        self.assertIn("8 characters", self.refusal(self.office, "invalid_input", "passphrase", "change", "--new-passphrase-file", short))
        self.office("status")
        elsewhere = self.home("elsewhere")
        founding = ("authority", "init", "--server", self.address, "--bootstrap", f"@{self.root}/token", "--province", "A", "--code", "B")
        self.refusal(elsewhere, "invalid_input", *founding, "--passphrase-file", short)
        self.assertFalse((self.root / "elsewhere").exists())

    def typed(self, lines, *arguments):
        """The command at a terminal where these lines are typed, one for each question: exit code and what it showed."""
        outer, inner = pty.openpty()
        process = subprocess.Popen([BIN / "thongsuot", "--home", self.root / "office", *arguments], stdin=inner, stdout=inner,
                                   stderr=inner, close_fds=True, env={k: v for k, v in os.environ.items() if not k.startswith("THONGSUOT_")})
        os.close(inner)
        shown, asked = b"", 0
        try:
            while data := os.read(outer, 4096):
                shown += data
                if asked < len(lines) and shown.rstrip(b" ").endswith(b":") and shown.count(b": ") > asked:
                    os.write(outer, lines[asked].encode() + b"\n")
                    asked += 1
        except OSError:  # the other end is closed
            pass
        os.close(outer)
        return process.wait(timeout=60), shown.decode()

    def test_at_a_terminal_passphrases_are_asked_for_and_not_shown(self):
        old = self.passphrase.read_text(encoding="utf-8").strip()
        code, shown = self.typed([old], "status")
        self.assertEqual(code, 0, shown)
        self.assertIn("Passphrase: ", shown)
        self.assertNotIn(old, shown)
        code, shown = self.typed(["một câu sai hẳn"], "status")
        self.assertEqual(code, 1, shown)
        code, shown = self.typed([old, OTHER, OTHER + "x"], "passphrase", "change")
        self.assertIn("differ", shown)
        code, shown = self.typed([old, "ngắn"], "passphrase", "change")
        self.assertIn("8 characters", shown)
        code, shown = self.typed([old, OTHER, OTHER], "passphrase", "change")
        self.assertEqual(code, 0, shown)
        self.assertNotIn(OTHER, shown)
        code, shown = self.typed([self.founded["recovery_code"], old, old], "passphrase", "reset", "--recovery-code", "-")
        self.assertEqual(code, 0, shown)
        self.assertNotIn(self.founded["recovery_code"], shown)
        self.office("status")


class KeyFiles(Province):
    def test_a_key_file_opens_a_home_for_services(self):
        key = self.root / "service.key"
        added = self.office("passphrase", "add-key-file", key)
        self.assertEqual((added["key_file"], key.stat().st_mode & 0o777, key.stat().st_size), (str(key), 0o600, 32))
        self.refusal(self.office, "invalid_input", "passphrase", "add-key-file", key)  # it is there
        alone = {"THONGSUOT_HOME": str(self.root / "office")}
        run = lambda *a, expect=0, **env: self.program("thongsuot", *a, "--json", expect=expect, env={**alone, **env})
        run("status", "--key-file", key)
        run("status", THONGSUOT_KEY_FILE=str(key))
        # A passphrase file on the command line is meant, whatever the environment holds.
        wrong = self.secret_file("wrong", "một câu sai hẳn")
        self.assertEqual(run("status", "--passphrase-file", wrong, expect=1, THONGSUOT_KEY_FILE=str(key))["error"]["code"], "wrong_passphrase")
        run("status", "--key-file", key, THONGSUOT_PASSPHRASE_FILE=str(wrong))
        key.chmod(0o640)
        self.assertIn("chmod 600", run("status", "--key-file", key, expect=1)["error"]["message"])
        key.chmod(0o600)
        other = self.root / "other.key"
        other.write_bytes(bytes(32))
        other.chmod(0o600)
        self.assertEqual(run("status", "--key-file", other, expect=1)["error"]["code"], "wrong_passphrase")
        self.assertEqual(run("status", "--key-file", wrong, expect=1)["error"]["code"], "malformed")
        self.assertEqual(run("status", "--key-file", self.root / "absent", expect=1)["error"]["code"], "not_found")

        slots = ["passphrase", "recovery_code", "key_file"]  # the key file beside the home
        self.assertEqual([slot["kind"] for slot in run("passphrase", "slots")], [*slots, "key_file"])
        lost = self.office("passphrase", "add-key-file", self.root / "lost.key")["slot"]
        self.refusal(self.office, "usage", "passphrase", "remove-key-file")
        self.refusal(self.office, "not_found", "passphrase", "remove-key-file", "--slot", "00000000")
        self.assertEqual(self.office("passphrase", "remove-key-file", key)["slot"], added["slot"])
        self.assertEqual(run("status", "--key-file", key, expect=1)["error"]["code"], "wrong_passphrase")
        self.office("passphrase", "remove-key-file", "--slot", lost)
        self.assertEqual([slot["kind"] for slot in run("passphrase", "slots")], slots)
        for i in range(5):
            self.office("passphrase", "add-key-file", self.root / f"{i}.key")
        self.refusal(self.office, "limit", "passphrase", "add-key-file", self.root / "5.key")
        self.assertFalse((self.root / "5.key").exists())

    def test_a_passphrase_file_that_others_may_read_is_told_on_standard_error(self):
        self.passphrase.chmod(0o644)
        for arguments in (["status"], ["status", "--json"]):
            done = subprocess.run([BIN / "thongsuot", *arguments, "--passphrase-file", self.passphrase], capture_output=True,
                                  text=True, timeout=60, env=self.environment("office"))
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stderr, r"^Warning: .*chmod 600.*\.\n$")
            self.assertNotIn("Warning", done.stdout)
        json.loads(done.stdout)
        self.passphrase.chmod(0o600)
        self.assertNotIn("Warning", self.text("office", "status", "--passphrase-file", self.passphrase))

    def test_a_home_is_not_made_on_a_disk_that_is_missing(self):
        self.units()
        code = self.office("authority", "invite", "--unit", "X001", "--officer", "A", "--role", "officer")["code"]
        self.office("sync")
        away = self.home("disk/away")
        self.assertIn("plugged in", self.refusal(away, "not_found", "enrol", "--invite", code))
        self.refusal(away, "not_found", "authority", "init", "--server", self.address, "--bootstrap", f"@{self.root}/token",
                     "--province", "A", "--code", "B")
        self.assertFalse((self.root / "disk").exists())
        (self.root / "disk").mkdir()
        self.assertEqual(away("enrol", "--invite", code, "--home", f"{self.root}/disk/away/")["unit"], "X001")



if __name__ == "__main__":
    unittest.main()
