#!/usr/bin/env python3
"""One working day of a fictional province, played through the built programs, with every figure checked.

Started by deploy/demo.sh. Everything it makes lies in one folder (--out); what it expects is computed here from
deploy/sample/tasks.csv and from the acts below, never taken from the programs.
"""

import argparse
import calendar
import csv
import json
import os
import re
import selectors
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "deploy" / "sample"
PROVINCE, PROVINCE_CODE = "Tỉnh Vĩnh Sơn", "T00"
AS_OF = date(2026, 11, 22)
IDLE_SYNC_BYTES_MAX = 1100
SERVER_STOP_SECONDS_MAX = 10
SERVER_START_SECONDS_MAX = 60
COMMAND_SECONDS_MAX = 900
MARKER = ".thongsuot-demo"

PARTS = ["in_progress_on_time", "in_progress_overdue", "in_progress_no_deadline", "completed_on_time", "completed_late",
         "completed_undecided", "suspended", "not_applicable", "unknown"]
PART_TITLES = ["trong hạn", "quá hạn", "không hạn", "xong đúng hạn", "xong trễ", "chưa rõ", "tạm dừng", "không thuộc",
               "để trống"]


# ---- The cast and what each does while the line is down. Tasks are named by how their text begins. ------------

@dataclass
class Progress:
    task: str
    text: str


@dataclass
class Complete:
    task: str
    result: str
    on: date


CONFLICT = "Rà soát, di dời khẩn cấp các hộ"


@dataclass
class Device:
    name: str
    unit: str
    officer: str
    acts: list
    home: Path = None
    passphrase: Path = None
    key: Path = None  # opens the home in its place, without the second that a passphrase is made to cost
    syncs: list = field(default_factory=list)


def cast():
    return [
        Device("xa-may-1", "X023", "Y Hơ Riêng", [
            Progress("Thống kê thiệt hại về nhà ở", "Đã thống kê 14/17 làng; ba làng còn bị chia cắt, chờ nước rút."),
            Progress("Cấm người và phương tiện qua các ngầm tràn", "Đã rào chắn bốn ngầm, mỗi ngầm hai người canh."),
            Complete("Sửa chữa tạm các đoạn đường thôn", "Đã thông xe chín đoạn, xe cứu thương đi lại được.",
                     date(2026, 11, 20)),
            Complete(CONFLICT, "Đã di dời 23 hộ, 97 nhân khẩu đến nhà rông làng trên.", date(2026, 10, 5)),
        ]),
        Device("xa-may-2", "X023", "A Brêu", [
            Progress("Tiêm phòng vụ hai", "Đạt 81% tổng đàn; còn đàn bò thả rừng ở suối trên."),
            Complete(CONFLICT, "Đã di dời 25 hộ, 104 nhân khẩu; thêm hai hộ mới phát hiện ở suối cạn.",
                     date(2026, 10, 5)),
        ]),
        Device("phuong", "X001", "Trần Thị Vân Khê", [
            Progress("Giải ngân đạt tối thiểu 95%", "Đã giải ngân 71%; hai gói thầu chờ nghiệm thu."),
            Complete("Hoàn thành bồi thường, giải phóng mặt bằng", "Bàn giao mặt bằng 3/3 công trình.",
                     date(2026, 11, 12)),
            Complete("Cử cán bộ đầu mối", "Đã cử hai cán bộ, gửi danh sách kèm số điện thoại.", date(2026, 11, 2)),
            Complete("Lấy ý kiến cộng đồng dân cư", "Thu 412 phiếu, 97% đồng thuận.", date(2026, 11, 18)),
        ]),
        Device("dac-khu", "X096", "Phạm Hải Đăng", [
            Progress("Bảo đảm trạm y tế có ít nhất một bác sĩ", "Bác sĩ ra đảo từ ngày 10/11, chờ tàu chở thiết bị."),
            Complete("Củng cố tổ công nghệ số cộng đồng", "Đủ tổ ở cả ba thôn, mỗi tổ sáu người.", date(2026, 11, 22)),
            Complete("Kiểm tra an toàn các đập", "Kiểm tra kè và hồ nước ngọt, khắc phục một điểm rò.",
                     date(2026, 8, 3)),
        ]),
    ]


# ---- What the sample implies, worked out here. ------------------------------------------------------------------

def tidy(text):
    """One spelling of a text: composed letters, single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def month_end(year, month):
    return date(year, month, calendar.monthrange(year, month)[1])


def deadline_of(raw):
    """The last day a clerk's words allow, None where they name no day. 'Before X' counts as by the end of X."""
    words = tidy(raw).lower().lstrip("'")
    words = re.sub(r"^trước ngày ", "", words)
    if re.fullmatch(r"\d{5}", words):
        return date(1899, 12, 30) + timedelta(days=int(words))
    if m := re.fullmatch(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})", words):
        return date(int(m[3]), int(m[2]), int(m[1]))
    if m := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)( 00:00:00)?", words):
        return date(int(m[1]), int(m[2]), int(m[3]))
    if m := re.fullmatch(r"(\d{1,2}) tháng (\d{1,2}) năm (\d{4})", words):
        return date(int(m[3]), int(m[2]), int(m[1]))
    if m := re.fullmatch(r"tháng (\d{1,2})(?:/| năm )(\d{4})", words):
        return month_end(int(m[2]), int(m[1]))
    if m := re.fullmatch(r"quý (iv|iii|ii|i|[1-4])(?:/| năm )(\d{4})", words):
        quarter = {"i": 1, "ii": 2, "iii": 3, "iv": 4}.get(m[1]) or int(m[1])
        return month_end(int(m[2]), 3 * quarter)
    if words == "" or re.match(r"(thường xuyên|hằng |theo |ngay sau )", words):
        return None
    raise Failure(f"deploy/sample/tasks.csv: the demo does not know the deadline '{raw}'")


def read_sample():
    """Content -> deadline of all 120 tasks, and the set of documents by issuer-free, spelling-free code."""
    with open(SAMPLE / "tasks.csv", encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))
    at = next(i for i, row in enumerate(rows) if "Tên nhiệm vụ" in row)
    column = {name: i for i, name in enumerate(rows[at])}
    tasks, documents = {}, set()
    for row in rows[at + 1:]:
        cited = row[column["Văn bản giao nhiệm vụ"]]
        if not cited:  # a section row
            continue
        tasks[tidy(row[column["Tên nhiệm vụ"]])] = deadline_of(row[column["Thời hạn"]])
        for part in cited.split(";"):
            code = re.search(r"số (.+?) ngày", part)[1].replace(" ", "")
            documents.add("/".join(sorted(re.split(r"[/-]", re.sub(r"^0+", "", code)))))
    return tasks, documents


def read_communes():
    with open(SAMPLE / "units.csv", encoding="utf-8", newline="") as source:
        return {row["code"]: row["name"] for row in csv.DictReader(source) if row["level"] == "commune"}


def expected_summary(tasks, completions):
    """The figures of one unit: `completions` is {content: day}."""
    figures = dict.fromkeys(PARTS, 0)
    for content, deadline in tasks.items():
        if content in completions:
            late = deadline is not None and completions[content] > deadline
            figures["completed_late" if late else "completed_on_time"] += 1
        elif deadline is None:
            figures["in_progress_no_deadline"] += 1
        else:
            figures["in_progress_overdue" if deadline < AS_OF else "in_progress_on_time"] += 1
    figures["total"] = len(tasks)
    return figures


def added(left, right):
    return {key: left.get(key, 0) + right.get(key, 0) for key in PARTS + ["total"]}


# ---- Running the programs. --------------------------------------------------------------------------------------

class Failure(Exception):
    """A sentence for the reader; the demo ends."""


class Refused(Failure):
    """The program said no: code and message as it gave them."""

    def __init__(self, what, code, message):
        super().__init__(f"{what}: {message}")
        self.code, self.message = code, message


class Programs:
    def __init__(self, folder):
        self.client, self.server = folder / "thongsuot", folder / "thongsuot-server"
        for program in (self.client, self.server):
            if not os.access(program, os.X_OK):
                raise Failure(f"{program} is not there; run deploy/demo.sh, which builds it")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("THONGSUOT_")}
        self.environment.setdefault("LC_ALL", "C.UTF-8")

    def run(self, command):
        """One command with --json -> its document; a refusal raises its own sentence."""
        shown = " ".join(shlex.quote(str(word)) for word in command)
        try:
            done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True,
                                  env=self.environment, timeout=COMMAND_SECONDS_MAX, check=False)
        except subprocess.TimeoutExpired:
            raise Failure(f"no answer within {COMMAND_SECONDS_MAX} s: {shown}") from None
        output, errors = (stream.decode("utf-8", "replace").strip() for stream in (done.stdout, done.stderr))
        try:
            document = json.loads(output)
        except ValueError:
            raise Failure(f"exit {done.returncode} and no JSON from: {shown}\n  {output[:500]}\n  {errors[:1500]}") from None
        if done.returncode != 0:
            error = document.get("error", {}) if isinstance(document, dict) else {}
            raise Refused(shown, error.get("code"), error.get("message") or errors)
        return document

    def on(self, home, opener, *words):
        return self.run([self.client, "--home", home, *opener, "--json", *words])


class Server:
    """The server process on one fixed loopback port; it can be stopped and started again."""

    def __init__(self, programs, data, log):
        self.programs, self.data, self.log, self.process = programs, data, log, None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"

    def command(self):
        return [str(self.programs.server), "run", "--data", str(self.data), "--listen", self.address, "--log", str(self.log)]

    def start(self):
        with open(self.log.with_suffix(".stderr"), "ab") as errors:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=errors, env=self.programs.environment)
        line = b""
        waiting = selectors.DefaultSelector()
        waiting.register(self.process.stdout, selectors.EVENT_READ)
        until = time.monotonic() + SERVER_START_SECONDS_MAX
        while not line.endswith(b"\n"):
            if not waiting.select(max(0.0, until - time.monotonic())):
                raise Failure(f"the server did not say 'ready' within {SERVER_START_SECONDS_MAX} s; see {self.log}")
            piece = os.read(self.process.stdout.fileno(), 1)
            if not piece:
                raise Failure(f"the server ended with {self.process.wait()} at its start; "
                              f"see {self.log} and {self.log.with_suffix('.stderr')}")
            line += piece
        return line.decode().strip() == f"ready {self.address}"

    def stop(self):
        """SIGTERM -> (seconds it took, exit code)."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=SERVER_STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stdout.close()
        return time.monotonic() - started, code

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


# ---- Telling it. ------------------------------------------------------------------------------------------------

class Story:
    def __init__(self):
        self.steps, self.checks, self.started, self.step_started = [], [], time.monotonic(), None

    def step(self, vietnamese, english):
        self.close_step()
        self.steps.append({"title": english, "seconds": None})
        self.step_started = time.monotonic()
        print(f"\n{len(self.steps)}. {vietnamese}\n   ({english})", flush=True)

    def close_step(self):
        if self.steps and self.steps[-1]["seconds"] is None:
            self.steps[-1]["seconds"] = round(time.monotonic() - self.step_started, 2)

    def say(self, text):
        print(f"   {text}", flush=True)

    def check(self, name, holds, detail=""):
        self.checks.append({"name": name, "ok": bool(holds), "detail": str(detail)})
        print(f"   [{'✓' if holds else '✗ KHÔNG ĐẠT'}] {name}" + (f": {detail}" if detail and not holds else ""), flush=True)
        return bool(holds)

    def working(self, what):
        return Working(what)


class Working:
    """Says every few seconds that something long is still going on."""

    def __init__(self, what):
        self.what, self.over = what, threading.Event()

    def __enter__(self):
        self.started = time.monotonic()
        threading.Thread(target=self.tick, daemon=True).start()
        return self

    def tick(self):
        while not self.over.wait(5):
            print(f"   … {self.what} ({time.monotonic() - self.started:.0f} s)", flush=True)

    def __exit__(self, *_):
        self.over.set()
        self.seconds = time.monotonic() - self.started


def print_table(rows):
    heads = ["", "tổng"] + PART_TITLES
    lines = [heads] + [[name] + [str(figures["total"])] + [str(figures[part]) for part in PARTS] for name, figures in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    for number, line in enumerate(lines):
        print("   " + "  ".join(cell.ljust(widths[i]) if i == 0 else cell.rjust(widths[i]) for i, cell in enumerate(line)))
        if number == 0:
            print("   " + "  ".join("-" * width for width in widths))
    sys.stdout.flush()


def live_values(shown, name):
    """The live values of one field in the document of `task show`."""
    fields = shown.get("fields", {})
    if isinstance(fields, list):
        fields = {entry.get("field") or entry.get("name"): entry for entry in fields}
    return fields.get(name, {}).get("values", [])


def pending_of(status):
    return sum(scope["pending"] for scope in status["scopes"])


# ---- The day. ---------------------------------------------------------------------------------------------------

class Day:
    def __init__(self, programs, out, assign):
        self.programs, self.out, self.story = programs, out, Story()
        self.tasks, self.documents = read_sample()
        self.communes = read_communes()
        self.server = Server(programs, out / "server", out / "server.log")
        self.devices = cast()
        self.conflict_task = self.content_of(CONFLICT)
        codes = list(self.communes)
        involved = list(dict.fromkeys(device.unit for device in self.devices))
        self.assigned = codes if assign == "all" else involved + [code for code in codes if code not in involved][:5]
        self.assign_words = "all" if assign == "all" else ",".join(self.assigned)
        (out / "secrets").mkdir(mode=0o700)
        (out / "homes").mkdir()
        self.office = Device("van-phong", PROVINCE_CODE, "Văn phòng", [])
        for device in [self.office] + self.devices:
            device.home = out / "homes" / device.name
            device.passphrase = self.secret(f"{device.name}.passphrase", f"câu đủ dài của {device.name}, chỉ để thử")
            device.key = out / "secrets" / f"{device.name}.key"
        self.figures = {}

    def secret(self, name, text):
        path = self.out / "secrets" / name
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.write(text + "\n")
        return path

    def content_of(self, beginning):
        found = [content for content in self.tasks if content.startswith(beginning)]
        if len(found) != 1:
            raise Failure(f"deploy/sample/tasks.csv: {len(found)} tasks begin with '{beginning}', one wanted")
        return found[0]

    def on(self, device, *words):
        opener = ["--key-file", device.key] if device.key.exists() else ["--passphrase-file", device.passphrase]
        return self.programs.on(device.home, opener, *words)

    def sync(self, device):
        device.syncs.append(self.on(device, "sync"))
        return device.syncs[-1]

    def each(self, act, devices):
        """Acts on several homes at once, two at a time."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            return list(pool.map(act, devices))

    # The steps, in order.

    def play(self):
        self.open_server()
        self.found_province()
        self.enrol()
        self.hand_out_tasks()
        self.line_goes_down()
        self.work_offline()
        self.line_comes_back()
        self.compare_replicas()
        self.look_at_conflict()
        self.add_up()
        self.rest()
        self.story.close_step()

    def open_server(self):
        self.story.step("Tỉnh mở máy chủ. Máy chủ chỉ xếp thứ tự và làm chứng, không đọc được nội dung.",
                        "The province starts the server: it orders and witnesses, it cannot read.")
        made = self.programs.run([self.programs.server, "init", "--data", self.server.data,
                                  "--public", self.server.address, "--json"])
        self.bootstrap = self.secret("bootstrap.token", made["bootstrap_token"])
        self.story.check("server: first line is 'ready HOST:PORT'", self.server.start())
        self.story.say(f"Đang nghe ở {self.server.address}.")

    def found_province(self):
        story = self.story
        story.step(f"Văn phòng {PROVINCE} lập khóa gốc và nhập danh sách {len(self.communes)} xã, phường, đặc khu.",
                   "The provincial office makes the authority keys and imports the units.")
        made = self.on(self.office, "authority", "init", "--server", self.server.address, "--bootstrap",
                       f"@{self.bootstrap}", "--province", PROVINCE, "--code", PROVINCE_CODE)
        self.on(self.office, "passphrase", "add-key-file", self.office.key)
        story.say(f"Vân tay khóa gốc: {made['fingerprint']}")
        with story.working("nhập đơn vị, mỗi đơn vị một khóa") as work:
            self.on(self.office, "authority", "import-units", SAMPLE / "units.csv")
        self.figures["import_units_seconds"] = round(work.seconds, 2)

    def enrol(self):
        story = self.story
        story.step("Văn phòng gửi giấy mời; ba đơn vị ghi danh bốn máy (một xã có hai máy).",
                   "Invitations go out; three communes enrol four devices, one commune has two.")
        for device in self.devices:
            made = self.on(self.office, "authority", "invite", "--unit", device.unit, "--officer", device.officer,
                           "--role", "officer")
            self.secret(f"{device.name}.invite", made["code"])
        self.sync(self.office)
        enrolled = self.each(lambda device: self.on(device, "enrol", "--invite",
                                                    f"@{self.out / 'secrets' / (device.name + '.invite')}"), self.devices)
        self.each(lambda device: self.on(device, "passphrase", "add-key-file", device.key), self.devices)
        for device, answer in zip(self.devices, enrolled):
            story.say(f"{device.officer} · {self.communes[device.unit]}: {answer['state']}")
        story.check("enrol: every device is of the unit that its invitation names",
                    all(answer["unit"] == device.unit for device, answer in zip(self.devices, enrolled)),
                    [answer["unit"] for answer in enrolled])
        story.check("enrol: without the office every device waits for its key",
                    all(answer["state"] == "waiting_for_key" for answer in enrolled),
                    [answer["state"] for answer in enrolled])
        self.sync(self.office)
        self.each(self.sync, self.devices)
        story.say("Văn phòng đã cấp khóa; bốn máy mở được sổ của đơn vị mình.")

    def hand_out_tasks(self):
        story, table = self.story, SAMPLE / "tasks.csv"
        story.step(f"Văn phòng nhập bảng {len(self.tasks)} nhiệm vụ và giao cho {len(self.assigned)} đơn vị.",
                   "The office imports the table as a clerk typed it and assigns its tasks.")
        preview = self.on(self.office, "import", table, "--preview", "--assign-to", self.assign_words)
        doubtful = [problem for problem in preview["problems"] if problem["level"] == "doubtful"]
        refused = [problem for problem in preview["problems"] if problem["level"] == "refused"]
        story.say(f"Xem trước: {preview['tasks']} nhiệm vụ, {preview['documents']} văn bản, {len(doubtful)} ô cần xem lại.")
        for problem in doubtful[:3]:
            story.say(f"  ô {problem['cell']} «{problem['raw']}»: {problem['message']}")
        story.check(f"import: {len(self.tasks)} tasks", preview["tasks"] == len(self.tasks), preview["tasks"])
        story.check(f"import: {len(self.documents)} documents, however their codes are spelled",
                    preview["documents"] == len(self.documents), preview["documents"])
        story.check("import: no row refused", not refused, refused[:3])
        with story.working(f"nhập và giao {len(self.tasks) * len(self.assigned)} việc") as work:
            self.on(self.office, "import", table, "--yes", "--assign-to", self.assign_words)
        self.figures["import_seconds"] = round(work.seconds, 2)
        self.figures["assignments"] = len(self.tasks) * len(self.assigned)
        with story.working("gửi lên máy chủ") as work:
            sent = self.sync(self.office)
        self.figures["import_sync"] = {"seconds": round(work.seconds, 2), "entries_up": sent["entries_up"],
                                       "bytes_up": sent["bytes_up"]}
        story.say(f"{self.figures['assignments']} việc được giao, nhập mất {self.figures['import_seconds']} s, "
                  f"gửi {sent['bytes_up'] / 1024:.0f} KiB mất {work.seconds:.1f} s.")
        again = self.on(self.office, "import", table, "--preview", "--assign-to", self.assign_words)
        story.check("import: the same table again brings nothing new", again["created"] == 0 and again["updated"] == 0,
                    {key: again[key] for key in ("created", "updated", "unchanged")})
        self.each(self.sync, self.devices)
        lists = self.each(lambda device: self.on(device, "task", "list"), self.devices)
        self.ids = {}
        for device, rows in zip(self.devices, lists):
            self.ids[device.name] = {tidy(row["content"]): row["id"] for row in rows}
            story.check(f"{device.name}: receives all {len(self.tasks)} tasks, word for word",
                        len(rows) == len(self.tasks) and set(self.ids[device.name]) == set(self.tasks),
                        f"{len(rows)} rows, missing {sorted(set(self.tasks) - set(self.ids[device.name]))[:2]}")
        wrong = [f"{row['deadline_raw']!r} -> {row['deadline']}, wanted {self.tasks.get(tidy(row['content']))}"
                 for row in lists[0]
                 if row["deadline"] != (str(self.tasks.get(tidy(row["content"])) or "") or None)]
        story.check("every spelling of a deadline is understood", not wrong, "; ".join(wrong[:4]))

    def line_goes_down(self):
        self.story.step("Mưa lớn, đường truyền đứt: máy chủ ngừng.", "Heavy rain, the line is down: the server stops.")
        seconds, code = self.server.stop()
        self.story.check(f"server: ends within {SERVER_STOP_SECONDS_MAX} s of SIGTERM, exit 0",
                         code == 0 and seconds <= SERVER_STOP_SECONDS_MAX, f"exit {code} after {seconds:.1f} s")
        self.figures["server_stop_seconds"] = round(seconds, 2)

    def work_offline(self):
        story = self.story
        story.step("Các đơn vị vẫn làm việc: ghi tình hình, báo hoàn thành. Hai máy của một xã cùng báo một việc.",
                   "The communes work on; two devices of one commune complete the same task differently.")

        def act(device):
            for deed in device.acts:
                content = self.content_of(deed.task)
                target = self.ids[device.name].get(content)
                if target is None:
                    raise Failure(f"{device.name} does not have the task '{content}'")
                if isinstance(deed, Progress):
                    self.on(device, "task", "progress", target, "--text", deed.text)
                else:
                    self.on(device, "task", "complete", target, "--result", deed.result, "--completed", deed.on)
            return self.on(device, "status")

        with story.working("các đơn vị đang làm"):
            statuses = self.each(act, self.devices)
        for device, status in zip(self.devices, statuses):
            story.say(f"{device.officer} · {self.communes[device.unit]}: {pending_of(status)} bút toán chờ gửi")
        story.check("offline: every act is one pending entry",
                    all(pending_of(status) == len(device.acts) for device, status in zip(self.devices, statuses)),
                    [pending_of(status) for status in statuses])
        try:
            self.on(self.devices[0], "sync")
            story.check("offline: sync says that the server cannot be reached", False, "it exited 0")
        except Refused as refusal:
            story.check("offline: sync says that the server cannot be reached", bool(refusal.message), refusal)
            story.say(f"Đồng bộ lúc này: «{refusal.message}»")

    def line_comes_back(self):
        story = self.story
        story.step("Có đường truyền lại: mọi máy đồng bộ, văn phòng đồng bộ, rồi các máy nhận phần còn lại.",
                   "The line is back: devices sync, the office syncs, the devices fetch the rest.")
        story.check("server: starts again with its ledgers", self.server.start())
        first = [self.sync(device) for device in self.devices]  # in turn: the order decides which value is shown
        for device, figures in zip(self.devices, first):
            story.say(f"{device.name}: gửi {figures['entries_up']} bút toán, {figures['bytes_up']} B lên, "
                      f"{figures['bytes_down']} B xuống")
        story.check("sync: every pending entry goes up, nothing else",
                    [figures["entries_up"] for figures in first] == [len(device.acts) for device in self.devices],
                    [figures["entries_up"] for figures in first])
        self.sync(self.office)
        self.each(self.sync, self.devices)
        self.sync(self.office)

    def compare_replicas(self):
        story = self.story
        story.step("So các bản sao: cùng một sổ thì cùng một trạng thái.",
                   "Replicas of the same scope must show the same state.")
        everyone = [self.office] + self.devices
        statuses = dict(zip((d.name for d in everyone), self.each(lambda d: self.on(d, "status"), everyone)))
        held = {}
        for name, status in statuses.items():
            for scope in status["scopes"]:
                held.setdefault(scope["scope"], []).append((name, scope))
        for identifier, copies in held.items():
            if len(copies) < 2:
                continue
            facts = {(scope["size"], scope["root"], scope["state_digest"]) for _, scope in copies}
            label = copies[0][1]["unit"] or "danh bạ"
            story.check(f"scope {label}: {len(copies)} replicas, one state digest", len(facts) == 1,
                        [(name, scope["size"], scope["state_digest"][:16]) for name, scope in copies])
        self.figures["state_digests"] = {copies[0][1]["unit"] or "directory": copies[0][1]["state_digest"]
                                         for copies in held.values() if len(copies) > 1}
        shared_by = {copies[0][1]["unit"]: len(copies) for copies in held.values()}
        wanted = {unit: 1 + sum(d.unit == unit for d in self.devices) for unit in {d.unit for d in self.devices}}
        story.check("each unit's scope is held by the office and by all devices of the unit",
                    all(shared_by.get(unit, 0) == count for unit, count in wanted.items()),
                    {unit: shared_by.get(unit, 0) for unit in wanted})
        story.check("nothing is pending anywhere", all(pending_of(status) == 0 for status in statuses.values()),
                    {name: pending_of(status) for name, status in statuses.items()})
        self.sizes = {name: {scope["scope"]: scope["size"] for scope in status["scopes"]}
                      for name, status in statuses.items()}

    def look_at_conflict(self):
        story = self.story
        story.step("Hai kết quả khác nhau của cùng một việc: không mất bên nào, cả ba máy đều thấy hai giá trị.",
                   "The conflict is seen, with both values, by both devices and the office.")
        pair = [device for device in self.devices if any(deed.task == CONFLICT for deed in device.acts)]
        wanted = {next(deed.result for deed in device.acts if deed.task == CONFLICT): device.officer for device in pair}
        office_rows = self.on(self.office, "task", "list", "--unit", pair[0].unit)
        office_ids = {tidy(row["content"]): row["id"] for row in office_rows}
        target = self.ids[pair[0].name][self.conflict_task]
        story.check("an assignment has one id everywhere",
                    self.ids[pair[0].name] == self.ids[pair[1].name] == office_ids)
        for device in pair + [self.office]:
            shown = self.on(device, "task", "show", target)
            values = {value["value"]: value["officer"] for value in live_values(shown, "result")}
            story.check(f"{device.name}: task show has one conflict with both results",
                        shown["conflicts"] == 1 and values == wanted, f"conflicts {shown['conflicts']}, values {values}")
            rows = self.on(device, "task", "list", "--unit", pair[0].unit)
            conflicts = {row["id"]: row["conflicts"] for row in rows if row["conflicts"]}
            story.check(f"{device.name}: task list marks this assignment and no other", conflicts == {target: 1}, conflicts)
        for value in live_values(shown, "result"):
            story.say(f"{value['officer']}: «{value['value']}» (tỉnh nhận {value['received_at']})")
        history = self.on(self.office, "task", "history", target)
        story.check("history: both acts stand there with the time of arrival",
                    {row["officer"] for row in history} >= set(wanted.values())
                    and all(row["received_at"] for row in history), len(history))

    def add_up(self):
        story = self.story
        story.step(f"Tổng hợp đến ngày {AS_OF:%d/%m/%Y}, đối chiếu với con số tính riêng từ bảng mẫu.",
                   "The consolidated figures must be exactly what the sample and the acts imply.")
        done = {}
        for device in self.devices:
            for deed in device.acts:
                if isinstance(deed, Complete):
                    done.setdefault(device.unit, {})[self.content_of(deed.task)] = deed.on
        expected = {unit: expected_summary(self.tasks, done.get(unit, {})) for unit in self.assigned}
        whole = dict.fromkeys(PARTS + ["total"], 0)
        for figures in expected.values():
            whole = added(whole, figures)
        rows = []
        with story.working("cộng số liệu toàn tỉnh") as work:
            summary = self.on(self.office, "report", "summary", "--as-of", AS_OF)
        self.figures["report_seconds"] = round(work.seconds, 2)
        self.compare("the whole province", summary, whole)
        for unit in done:
            of_unit = self.on(self.office, "report", "summary", "--as-of", AS_OF, "--unit", unit)
            self.compare(f"{unit} as the office sees it", of_unit, expected[unit])
            rows.append((self.communes[unit], of_unit))
        own = self.on(self.devices[0], "report", "summary", "--as-of", AS_OF)
        self.compare(f"{self.devices[0].unit} as its own device sees it", own, expected[self.devices[0].unit])
        rows.append((f"{PROVINCE} ({len(self.assigned)} đơn vị)", summary))
        print()
        print_table([(name, {**dict.fromkeys(PARTS + ["total"], 0), **figures}) for name, figures in rows])
        self.figures["summary"] = {"as_of": str(AS_OF), "expected": whole, "reported": summary}

    def compare(self, whose, reported, expected):
        different = {key: (reported.get(key), expected[key]) for key in expected if reported.get(key) != expected[key]}
        self.story.check(f"summary of {whose}: all ten figures", not different, f"(reported, expected): {different}")

    def rest(self):
        story = self.story
        story.step("Không còn gì để gửi: một lần đồng bộ lúc nghỉ phải rất nhẹ và không viết thêm gì.",
                   "An idle sync is nearly free and writes nothing.")
        everyone = [self.office] + self.devices
        idle = {device.name: self.sync(device) for device in everyone}
        worst = max(figures["bytes_up"] + figures["bytes_down"] for figures in idle.values())
        self.figures["idle_sync_bytes_max"] = worst
        story.check(f"idle sync: at most {IDLE_SYNC_BYTES_MAX} bytes both ways", worst <= IDLE_SYNC_BYTES_MAX,
                    {name: figures["bytes_up"] + figures["bytes_down"] for name, figures in idle.items()})
        story.check("idle sync: no entry up or down",
                    all(figures["entries_up"] == figures["entries_down"] == 0 for figures in idle.values()), idle)
        statuses = dict(zip(idle, self.each(lambda device: self.on(device, "status"), everyone)))
        sizes = {name: {scope["scope"]: scope["size"] for scope in status["scopes"]} for name, status in statuses.items()}
        story.check("idle sync: no ledger grew, nothing is pending",
                    sizes == self.sizes and all(pending_of(status) == 0 for status in statuses.values()))
        story.say(f"Lần nặng nhất: {worst} B cả hai chiều.")
        seconds, code = self.server.stop()
        story.check("server: closes cleanly at the end of the day", code == 0, f"exit {code} after {seconds:.1f} s")

    def what_next(self):
        def line(*words):
            return "   " + " ".join(shlex.quote(str(word)) for word in words)

        office = [self.programs.client, "--home", self.office.home, "--passphrase-file", self.office.passphrase]
        commune = [self.programs.client, "--home", self.devices[0].home, "--passphrase-file", self.devices[0].passphrase]
        conflict = self.ids[self.devices[0].name][self.conflict_task]
        print("\nThử tiếp (các dữ liệu vẫn còn đó) / What to try next, all of it is still there:")
        print("   # mở lại máy chủ, ở một cửa sổ khác / the server again, in another terminal")
        print(line(*self.server.command()))
        print("   # hai giá trị của một việc, và lịch sử / both values of one task, and its history")
        print(line(*commune, "task", "show", conflict))
        print(line(*office, "task", "history", conflict))
        print("   # việc quá hạn của một xã / what one commune has overdue")
        print(line(*office, "task", "list", "--unit", self.devices[0].unit, "--timeliness", "in_progress_overdue"))
        print("   # làm thêm một việc rồi gửi / one more note, then send it")
        print(line(*commune, "task", "progress", conflict, "--text", "Đã kiểm tra lại tại chỗ."))
        print(line(*commune, "sync"))
        print("   # số liệu đến một ngày khác / the figures for another day")
        print(line(*office, "report", "summary", "--as-of", "2026-12-31"))


def prepare_folder(out):
    """An empty folder of ours; only what an earlier demo left is ever removed."""
    if out.exists() and any(out.iterdir()) and not (out / MARKER).exists():
        raise Failure(f"{out} is not empty and not from an earlier demo; choose another --out")
    for name in ("server", "homes", "secrets"):
        shutil.rmtree(out / name, ignore_errors=True)
    for name in ("summary.json", "server.log", "server.stderr"):
        (out / name).unlink(missing_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / MARKER).touch()


def arguments():
    parser = argparse.ArgumentParser(prog="deploy/demo.sh", description="Plays and checks one day of a fictional province.")
    parser.add_argument("--headless", action="store_true",
                        help="never open a window (there is none yet: the demo is the same either way)")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "demo", metavar="DIR",
                        help="where data, logs and summary.json go (default build/demo)")
    parser.add_argument("--assign", choices=["all", "few"], default="all",
                        help="give the tasks to all 96 communes (default) or to 8 of them")
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "release" / "bin", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stderr.reconfigure(encoding="utf-8")
    options = arguments()
    out = options.out.resolve()
    day, problem = None, None
    try:
        programs = Programs(options.bin.resolve())
        prepare_folder(out)
        day = Day(programs, out, options.assign)
        print(f"Thông Suốt: một ngày của {PROVINCE} (hư cấu) / one day of a fictional province")
        print(f"Mọi thứ nằm trong {out}")
        day.play()
    except Failure as failure:
        problem = str(failure)
    except (KeyError, TypeError, AttributeError) as missing:
        problem = f"an answer has not the shape that the demo expects: {missing!r}"
        import traceback
        traceback.print_exc()
    finally:
        if day:
            day.server.end()
    if day is None:
        print(f"\nDemo: {problem}", file=sys.stderr)
        return 1
    story = day.story
    story.close_step()
    failed = [check["name"] for check in story.checks if not check["ok"]]
    summary = {"ok": not failed and problem is None, "problem": problem, "as_of": str(AS_OF),
               "seconds": round(time.monotonic() - story.started, 1), "steps": story.steps, "checks": story.checks,
               "figures": day.figures, "syncs": {d.name: d.syncs for d in [day.office] + day.devices}}
    (out / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2, default=str) + "\n", encoding="utf-8")
    if summary["ok"]:
        day.what_next()
        print(f"\nĐạt cả {len(story.checks)} phép kiểm tra trong {summary['seconds']} s / all {len(story.checks)} checks hold. "
              f"{out / 'summary.json'}")
        return 0
    print("", flush=True)
    if problem:
        print(f"Demo dừng giữa chừng / the demo could not go on: {problem}", file=sys.stderr)
    if failed:
        print(f"Không đạt / these do not hold ({len(failed)} of {len(story.checks)}): " + "; ".join(failed), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
