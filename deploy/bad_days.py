#!/usr/bin/env python3
"""Plays the bad days of docs/bad-days.md with the built programs and prints what people see.

    deploy/bad_days.py --bin DIR        e.g. --bin build/release/bin

Every step checks its exit code, so this is a test too.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

SAMPLE = Path(__file__).resolve().parent / "sample"


class BadDays:
    def __init__(self, bin_folder, root):
        self.bin, self.root = Path(bin_folder).resolve(), root
        self.server = self.address = None
        self.secret = root / "passphrase"
        self.secret.write_text("một mật khẩu dài\n", encoding="utf-8")
        self.secret.chmod(0o600)

    # ---- Programs

    def call(self, program, *arguments, home=None, expect=0, secret=None):
        env = {k: v for k, v in os.environ.items() if not k.startswith("THONGSUOT_")}
        if home:
            env |= {"THONGSUOT_HOME": str(self.root / home), "THONGSUOT_PASSPHRASE_FILE": str(secret or self.secret)}
        done = subprocess.run([self.bin / program, *map(str, arguments)], capture_output=True, text=True, env=env, timeout=120)
        if done.returncode != expect:
            sys.exit(f"bad_days: {program} {arguments} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def show(self, where, program, *arguments, home=None, expect=0, secret=None, lines=40):
        """Prints a command and what it said, with what differs from run to run made short."""
        said = self.call(program, *arguments, home=home, expect=expect, secret=secret)
        words = " ".join(str(a).replace(str(self.root) + "/", "") for a in arguments)
        said = said.replace(str(self.root) + "/", "").rstrip("\n").split("\n")
        print(f"({where})\n$ {program} {words}")
        print("\n".join(said[:lines]) + ("\n…" if len(said) > lines else ""))
        print()
        return "\n".join(said)

    def quiet(self, home, *arguments, expect=0):
        return self.call("thongsuot", *arguments, home=home, expect=expect)

    def start(self):
        self.server = subprocess.Popen(
            [self.bin / "thongsuot-server", "run", "--data", self.root / "server", "--listen", self.address or "127.0.0.1:0"],
            stdout=subprocess.PIPE, text=True)
        self.address = self.server.stdout.readline().split()[1]

    def stop(self):
        if self.server:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait(timeout=20)
            self.server.stdout.close()
            self.server = None

    # ---- A small province

    def found(self):
        said = self.call("thongsuot-server", "init", "--data", self.root / "server")
        token = said.strip().split("\n")[-1]
        self.start()
        self.founded = self.quiet("office", "authority", "init", "--server", self.address, "--bootstrap", token,
                                  "--province", "Tỉnh Sông Trăng", "--code", "T00")
        self.quiet("office", "authority", "import-units", SAMPLE / "units.csv")
        self.quiet("office", "sync")
        self.enrol("commune", "Nguyễn Văn Thử")
        self.quiet("office", "import", SAMPLE / "tasks.csv", "--yes", "--assign-to", "X001")
        self.quiet("office", "sync")
        self.quiet("commune", "sync")
        self.tasks = re.findall(r"^([0-9a-f]{8,})", self.quiet("commune", "task", "list"), re.M)

    def enrol(self, home, officer, unit="X001"):
        said = self.quiet("office", "authority", "invite", "--unit", unit, "--officer", officer, "--role", "officer")
        code = re.search(r"Code:\n(\S+)", said).group(1)
        self.quiet("office", "sync")
        said = self.quiet(home, "enrol", "--invite", code)
        self.quiet("office", "sync")
        self.quiet(home, "sync")
        return said

    def note(self, home, text, task=0):
        self.quiet(home, "task", "progress", self.tasks[task], "--text", text)

    def copy(self, of, to):
        shutil.rmtree(self.root / to, ignore_errors=True)
        shutil.copytree(self.root / of, self.root / to)

    # ---- The days

    def put_back(self):
        """A laptop is put back from last week's copy."""
        self.copy("commune", "week")
        self.note("commune", "Đã họp thôn")
        self.quiet("commune", "sync")
        self.copy("week", "commune")
        self.note("commune", "Viết sau khi máy được khôi phục")
        self.show("commune", "thongsuot", "sync", home="commune")
        self.show("commune", "thongsuot", "sync", home="commune")
        self.quiet("office", "sync")
        self.show("office", "thongsuot", "authority", "devices", home="office")

    def copied(self):
        """One profile works on two machines."""
        self.copy("commune", "commune-2")
        self.note("commune", "Viết trên máy thứ nhất", 1)
        self.note("commune-2", "Viết trên máy thứ hai", 2)
        self.show("commune, first machine", "thongsuot", "sync", home="commune")
        self.show("commune, second machine", "thongsuot", "sync", home="commune-2")
        self.show("commune, first machine", "thongsuot", "sync", home="commune")

    def restored_server(self):
        """The server is put back from yesterday's backup."""
        self.show("server", "thongsuot-server", "backup", "--data", self.root / "server", "--out", self.root / "yesterday.backup")
        self.note("commune", "Làm sau bản sao lưu", 1)
        self.quiet("commune", "sync")
        self.stop()
        shutil.copy(self.root / "server" / "server.key", self.root / "server.key")
        shutil.rmtree(self.root / "server")
        self.show("server", "thongsuot-server", "restore", "--data", self.root / "server",
                  "--from", self.root / "yesterday.backup", "--key", self.root / "server.key")
        self.start()
        self.note("commune", "Viết khi máy chủ đang khôi phục", 2)
        self.show("commune", "thongsuot", "sync", home="commune", expect=1)
        self.show("server", "thongsuot-server", "health", "--data", self.root / "server")
        self.quiet("office", "sync")
        self.show("server", "thongsuot-server", "resume", "--data", self.root / "server")
        self.show("server", "thongsuot-server", "resume", "--data", self.root / "server", "--yes")
        self.show("commune", "thongsuot", "sync", home="commune")

    def two_histories(self):
        """The server was put back, and took new work before it had everything back."""
        self.enrol("commune-4", "Lê Thị Hai")
        self.call("thongsuot-server", "backup", "--data", self.root / "server", "--out", self.root / "today.backup")
        self.note("commune", "Chỉ máy chủ cũ đã nhận", 1)
        self.quiet("commune", "sync")
        self.stop()
        shutil.copy(self.root / "server" / "server.key", self.root / "server.key")
        shutil.rmtree(self.root / "server")
        self.call("thongsuot-server", "restore", "--data", self.root / "server",
                  "--from", self.root / "today.backup", "--key", self.root / "server.key")
        self.start()
        self.call("thongsuot-server", "resume", "--data", self.root / "server", "--yes")
        self.note("commune-4", "Máy chủ khôi phục đã nhận", 1)
        self.quiet("commune-4", "sync")
        self.show("commune", "thongsuot", "sync", home="commune", expect=1)
        self.show("server", "thongsuot-server", "new-epoch", "--data", self.root / "server")
        self.stop()
        self.show("server", "thongsuot-server", "new-epoch", "--data", self.root / "server", "--yes")
        self.start()
        self.show("commune", "thongsuot", "sync", home="commune")
        self.quiet("commune-4", "sync")
        self.quiet("office", "sync")

    def passphrase(self):
        """Nobody remembers the passphrase."""
        said = self.enrol("commune-3", "Trần Thị Quên", "X002")
        code = re.search(r"((?:[0-9A-Z]{4,}-){3,}[0-9A-Z]+)", said[said.lower().index("recovery"):]).group(1)
        wrong, new = self.root / "wrong", self.root / "new"
        for file, text in ((wrong, "không nhớ nữa\n"), (new, "mật khẩu mới dài\n")):
            file.write_text(text, encoding="utf-8")
            file.chmod(0o600)
        (self.root / "paper").write_text(code + "\n")
        (self.root / "paper").chmod(0o600)
        self.show("commune", "thongsuot", "status", home="commune-3", expect=1, secret=wrong)
        self.show("commune", "thongsuot", "passphrase", "reset", "--recovery-code", f"@{self.root}/paper",
                  "--new-passphrase-file", new, home="commune-3")
        self.call("thongsuot", "status", home="commune-3", secret=new)

    def rotated(self):
        """The server's keys may have been stolen."""
        said = self.show("server", "thongsuot-server", "rotate-key", "--data", self.root / "server")
        token = max(re.findall(r"[0-9A-Z]{40,}", said), key=len)
        self.show("office", "thongsuot", "authority", "rotate-server", "--token", token, home="office")
        self.show("office", "thongsuot", "sync", home="office")
        self.show("commune", "thongsuot", "sync", home="commune")

    def revoked(self):
        """A laptop is stolen."""
        device = re.search(r"([0-9a-f]{10})\s+X002", self.quiet("office", "authority", "devices")).group(1)
        self.show("office", "thongsuot", "authority", "revoke", "--device", device, "--reason", "mất máy", home="office")
        self.show("office", "thongsuot", "sync", home="office")
        self.show("the stolen laptop", "thongsuot", "sync", home="commune-3", expect=1, secret=self.root / "new")
        self.show("the stolen laptop", "thongsuot", "status", home="commune-3", expect=1, secret=self.root / "new")

    def turned_up(self):
        """A laptop that was thought stolen turns up with work on it."""
        self.enrol("commune-5", "Lê Thị Tìm")
        self.note("commune-5", "Đã kiểm tra xong ba tuyến mương", 1)
        self.note("commune-5", "Ghi nhầm sang việc này", 1)
        device = re.search(r"Device ([0-9a-f]+)", self.quiet("commune-5", "status")).group(1)
        self.quiet("office", "authority", "revoke", "--device", device, "--reason", "tưởng mất máy")
        self.quiet("office", "sync")
        self.show("the laptop", "thongsuot", "sync", home="commune-5", expect=1)
        self.show("office", "thongsuot", "sync", home="office")
        said = self.show("office", "thongsuot", "office", "queue", home="office")
        entries = re.findall(r"^([0-9a-f]{12})", said, re.M)
        self.show("office", "thongsuot", "office", "adopt", entries[0], home="office")
        self.show("office", "thongsuot", "office", "refuse", entries[1], "--reason", "thuộc việc khác", home="office")
        self.quiet("office", "sync")
        self.quiet("commune", "sync")
        said = self.quiet("commune", "task", "history", self.tasks[1])
        adopted = next(line for line in said.split("\n") if "adopted from" in line)
        print(f"(commune)\n$ thongsuot task history {self.tasks[1]}\n…\n{adopted}\n")
        self.show("commune", "thongsuot", "audit", "list", home="commune")

    def burnt(self):
        """Every device of the office is lost."""
        root = re.search(r"[0-9a-f]{64}", self.founded).group(0)
        paper, keys, request = self.root / "paper-key", self.root / "keys", self.root / "recover.request"
        self.quiet("office", "authority", "rotate-authority", "--authority-keys", 3, "--threshold", 2, "--key-out", keys)
        self.quiet("office", "sync")
        shutil.move(self.root / "office" / "recovery-key.txt", paper)
        self.show("office, beforehand", "thongsuot", "authority", "check-recovery", "--recovery-key", f"@{paper}", home="office")
        shutil.rmtree(self.root / "office")

        self.show("new machine", "thongsuot", "authority", "recover", "--server", self.address, "--root", root,
                  "--officer", "Trần Thị Hạ", "--request", request, home="new-office")
        self.show("first keeper", "thongsuot", "authority", "show", request)
        for number in (1, 3):
            self.call("thongsuot", "authority", "sign", request, "--key", keys / f"authority-{number}.key",
                      "--code", f"@{keys}/authority-{number}.code", "--yes")
        said = self.show("new machine", "thongsuot", "authority", "recover", "--submit", request, "--recovery-key", f"@{paper}",
                         home="new-office")
        self.quiet("new-office", "authority", "revoke", "--device", re.search(r"--device ([0-9a-f]{10})", said).group(1),
                   "--reason", "cháy")
        self.show("new machine", "thongsuot", "sync", home="new-office")
        self.show("commune", "thongsuot", "sync", home="commune")

    DAYS = [put_back, copied, restored_server, two_histories, passphrase, rotated, revoked, turned_up, burnt]

    def play(self):
        self.found()
        for day in self.DAYS:
            print(f"== {day.__doc__}\n")
            day(self)
        self.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="folder of the built programs")
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="thongsuot-bad-days-"))
    days = BadDays(options.bin, root)
    try:
        days.play()
    finally:
        days.stop()
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
