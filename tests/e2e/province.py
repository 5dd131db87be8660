"""A province to test on: a server and the homes of its devices, through the built binaries."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

BIN = Path(os.environ["THONGSUOT_BIN"])
SAMPLE = Path(os.environ["THONGSUOT_SAMPLE"])


class Province(unittest.TestCase):
    """A server and an office in a folder of their own."""

    # A passphrase costs most of a second by design. Homes get a key file beside them, which opens them for most commands.
    by_passphrase = False

    def setUp(self):
        self.root = Path(tempfile.mkdtemp(prefix="thongsuot-e2e-"))
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        self.passphrase = self.secret_file("passphrase", "một mật khẩu thử")
        self.server = None
        self.address = None
        self.addCleanup(self.stop)
        self.office = self.home("office")
        self.found()

    def found(self):
        token = self.program("thongsuot-server", "init", "--data", self.root / "server", "--json")["bootstrap_token"]
        self.start()
        (self.root / "token").write_text(token)
        self.founded = self.office("authority", "init", "--server", self.address, "--bootstrap", f"@{self.root}/token",
                                   "--province", "Tỉnh Thử Nghiệm", "--code", "T00")
        self.add_key("office")

    def secret_file(self, name, text):
        """A file that only its owner may read."""
        path = self.root / name
        path.write_text(text + "\n", encoding="utf-8")
        path.chmod(0o600)
        return path

    def add_key(self, name):
        if not self.by_passphrase:
            self.home(name)("passphrase", "add-key-file", self.root / f"{name}.key")

    def server_command(self):
        return [BIN / "thongsuot-server", "run", "--data", self.root / "server", "--listen", self.address or "127.0.0.1:0"]

    def start(self, **options):
        self.server = subprocess.Popen(self.server_command(), stdout=subprocess.PIPE, text=True, **options)
        first = self.server.stdout.readline()
        self.assertRegex(first, r"^ready 127\.0\.0\.1:\d+\n$")
        self.address = first.split()[1]

    def stop(self, how=signal.SIGTERM):
        if self.server:
            self.server.send_signal(how)
            self.server.wait(timeout=10)
            self.server.stdout.close()
            self.server = None

    def program(self, name, *arguments, expect=0, env=None, text=None):
        done = subprocess.run([BIN / name, *map(str, arguments)], capture_output=True, text=True, timeout=120, input=text,
                              env={**{k: v for k, v in os.environ.items() if not k.startswith("THONGSUOT_")}, **(env or {})})
        self.assertEqual(done.returncode, expect, f"{arguments}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout) if "--json" in arguments else done.stdout + done.stderr

    def environment(self, name):
        key = self.root / f"{name}.key"
        return {"THONGSUOT_HOME": str(self.root / name), "THONGSUOT_PASSPHRASE_FILE": str(self.passphrase),
                **({"THONGSUOT_KEY_FILE": str(key)} if key.exists() else {})}

    def clean_environment(self, name):
        """What a process of this home gets, and nothing of the product that this test's own environment has."""
        return {**{k: v for k, v in os.environ.items() if not k.startswith("THONGSUOT_")}, **self.environment(name)}

    def home(self, name):
        def run(*arguments, expect=0, text=None):
            return self.program("thongsuot", *arguments, "--json", expect=expect, text=text, env=self.environment(name))
        return run

    def kill_held(self, wire, connections, name, *arguments):
        """The command's process is killed while it waits on the line for the connection after so many. False if it needed no
        more of them and came to its end."""
        wire.carry_only(connections)
        process = subprocess.Popen([BIN / "thongsuot", *map(str, arguments)], env=self.clean_environment(name), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            while not wire.holds.wait(0.2):
                if process.poll() is not None:
                    self.assertEqual(process.returncode, 0)
                    return False
            return True
        finally:
            process.kill()
            process.wait()
            wire.carry_only(None)

    def text(self, name, *arguments, expect=0):
        """What people read: both outputs, without --json."""
        return self.program("thongsuot", *arguments, expect=expect, env=self.environment(name))

    def refusal(self, run, code, *arguments):
        """The command fails with this code and one plain sentence."""
        error = run(*arguments, expect=2 if code == "usage" else 1)["error"]
        self.assertEqual(error["code"], code, error["message"])
        self.assertRegex(error["message"], r"^[^a-z].*[.?!)]$")
        self.assertNotIn("\n", error["message"])
        return error["message"]

    def units(self):
        self.office("authority", "import-units", SAMPLE / "units.csv")

    def enrol(self, name, unit, short=False, through=None):
        invitation = self.office("authority", "invite", "--unit", unit, "--officer", "Nguyễn Văn Thử", "--role", "officer")
        self.office("sync")
        run = self.home(name)
        if short:
            self.enrolled = run("enrol", "--invite", "-", "--server", self.address, text=invitation["short_code"] + "\n")
        else:
            server = ["--server", through] if through else []
            self.enrolled = run("enrol", "--invite", invitation["code"], *server)
        self.add_key(name)
        self.office("sync")
        run("sync")
        return run
