#!/usr/bin/env python3
"""Checks the one-way dependencies of the tree: #include lines and CMake link lines against the tables below.

    check_layers.py              exit 0 and one line if the tree keeps to the tables, else 1 and every breach
    check_layers.py --self-test  proves on made-up trees that each rule catches what it forbids
"""

import re
import sys
import tempfile
from pathlib import Path

# ---- The allowed graph: a folder may use itself and what stands beside it, nothing else. ----------------------
SHARED = "base crypto domain wire ledger store evidence session transport bundle"
ALLOWED = {
    "schemas":          "",
    "shared/base":      "",
    "shared/crypto":    "base",
    "shared/domain":    "base crypto",
    "shared/wire":      "base domain ledger schemas",
    "shared/ledger":    "base crypto",
    "shared/store":     "base crypto ledger",
    "shared/evidence":  "base crypto",
    "shared/session":   "base crypto domain wire ledger",
    "shared/transport": "base crypto",
    "shared/bundle":    "base crypto wire ledger",
    "client/replica":   SHARED,
    "client/sync":      "base crypto domain wire replica session transport",
    "client/office":    "base crypto domain wire store replica documents",
    "client/documents": "base domain",
    "client/verify":    "base crypto domain wire ledger session",
    "client/qr":        "base",
    "client/cli":       SHARED + " replica sync office documents verify print qr",
    "client/models":    "base domain replica sync documents",
    "client/print":     "base domain documents",
    "client/ui":        "models",
    "client/app":       SHARED + " replica sync documents models ui print",
    "server/register":  SHARED,
    "server/intake":    SHARED + " register",
    "server/net":       "base register intake session transport",
    "server/ops":       SHARED + " register",
    "server/app":       SHARED + " register intake net ops",
}
# tests/ may see everything.

# ---- Headers that only some folders may include: (what, pattern, where allowed, why). --------------------------
QT = "client/models client/ui client/print client/app"
ONLY_IN = [
    ("Cap'n Proto", r".*\.capnp\.h|capnp/.*|kj/.*", "shared/wire", "bodies and messages are decoded in one place"),
    ("LMDB", r"lmdb\.h", "shared/store", "everybody else sees the Store interface"),
    ("libsodium", r"sodium(\.h|/.*)", "shared/crypto shared/transport", "keys and signatures in one place; Noise has its own hashes"),
    ("Asio", r"asio(\.hpp|/.*)|boost/asio.*", "shared/transport client/sync client/cli client/app server/net server/app",
     "the core owns no socket"),
    ("Qt", r"Q[A-Z]\w*(/.*)?|Qt\w+/.*", QT, "only the window knows Qt"),
    ("POSIX and Linux", r"(sys|netinet|arpa|linux)/.*|unistd\.h|fcntl\.h|termios\.h|poll\.h|signal\.h|pthread\.h",
     "shared/store shared/transport client/cli client/app server/net server/app", "the Windows port must stay cheap"),
    ("<random>", r"random", "", "randomness is passed in (base Random)"),
]
# ---- Never in a header, wherever it is: they cost many seconds a file. -----------------------------------------
NEVER_IN_HEADERS = r"asio(\.hpp|/.*)|spdlog/.*|CLI/.*"
# ---- Words that these folders may not contain: time comes in through base Clock. -------------------------------
NO_CLOCKS = "shared/domain shared/ledger shared/session shared/wire shared/crypto".split()
CLOCK_WORDS = r"\b(system_clock|steady_clock|high_resolution_clock|clock_gettime|gettimeofday)\b"
# ---- Libraries that only some folders may link. ----------------------------------------------------------------
LINK_ONLY_IN = [
    (r"CapnProto::.*", "shared/wire"),
    (r".*LMDB.*|lmdb", "shared/store"),
    (r"PkgConfig::SODIUM|sodium", "shared/crypto shared/transport"),
    (r"Qt\d?::.*", QT),
]
# ------------------------------------------------------------------------------------------------------------------

AREAS = ("schemas", "shared", "client", "server")
SOURCES = {".h", ".hpp", ".cpp", ".cc", ".c"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
LINK_CALL = re.compile(r"\b(ts_library|ts_executable|target_link_libraries)\s*\(([^)]*)\)", re.S)
LINK_WORDS = {"SOURCES", "PUBLIC", "PRIVATE", "INTERFACE", "LIBRARIES"}


def short(module):
    return module.split("/")[-1]


def owner(name, area):
    """The folder that an include's or link's first word means, as seen from `area`; None if it is not ours."""
    candidates = [module for module in ALLOWED if short(module) == name]
    if len(candidates) > 1:
        candidates = [module for module in candidates if module.startswith(area + "/")]
    return candidates[0] if candidates else None


def may_use(module, other):
    return module == other or short(other) in ALLOWED[module].split()


def module_of(path):
    parts = path.parts
    return "schemas" if parts[0] == "schemas" else "/".join(parts[:2])


def check_include(path, module, quoted, target, say):
    for what, pattern, where, why in ONLY_IN:
        if re.fullmatch(pattern, target) and module not in where.split():
            say(f"{what} ({target}) in {module}, allowed in {where or 'no folder'}: {why}")
    if path.suffix in {".h", ".hpp"} and re.fullmatch(NEVER_IN_HEADERS, target):
        say(f"{target} in a header: include it in a .cpp")
    parts = [part for part in target.split("/") if part != "."]
    if ".." in parts:
        say(f"{target}: write the include from the folder's name, without ..")
        return
    if parts[0] == "tests":
        say(f"{target}: nothing depends on tests")
        return
    if parts[0] in ("shared", "client", "server") and len(parts) > 2:
        other = "/".join(parts[:2])
    else:
        other = owner(parts[0], module.split("/")[0]) if len(parts) > 1 else None
    if other is None:
        # A generated schema header may stand without a folder; anything else in quotes is of this folder.
        return
    if other not in ALLOWED:
        say(f"{target}: the folder {other} is not in the table")
    elif not may_use(module, other):
        say(f"{module} may not use {other} ({target}); allowed: {ALLOWED[module] or 'nothing'}")


def check_links(module, text, say):
    text = re.sub(r"#.*", "", text)
    for call in LINK_CALL.finditer(text):
        words = call.group(2).replace('"', " ").split()
        if not words:
            continue
        keyword = None
        for word in words[1:]:
            if word in LINK_WORDS:
                keyword = word
                continue
            if keyword == "SOURCES":
                continue
            for pattern, where in LINK_ONLY_IN:
                if re.fullmatch(pattern, word) and module not in where.split():
                    say(f"{module} links {word}, allowed in {where}")
            name = word[3:] if word.startswith("ts_") else word
            other = owner(name, module.split("/")[0])
            if other and not may_use(module, other):
                say(f"{module} may not link {other}; allowed: {ALLOWED[module] or 'nothing'}")


def check_tree(root):
    """All breaches of the tables in the tree, as lines `file:line: what`."""
    breaches, files = [], 0
    for area in AREAS:
        for path in sorted((root / area).rglob("*")):
            relative = path.relative_to(root)
            if not path.is_file() or (area != "schemas" and len(relative.parts) < 3):
                continue
            is_source = path.suffix in SOURCES
            if not is_source and path.name != "CMakeLists.txt":
                continue
            files += 1
            module = module_of(relative)
            if module not in ALLOWED:
                breaches.append(f"{relative}: the folder {module} is not in the table of check_layers.py")
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            if not is_source:
                check_links(module, text, lambda what: breaches.append(f"{relative}: {what}"))
                continue
            for number, line in enumerate(text.splitlines(), 1):
                def say(what):
                    breaches.append(f"{relative}:{number}: {what}")
                found = INCLUDE.match(line)
                if found:
                    check_include(path, module, found.group(1) == '"', found.group(2), say)
                clock = re.search(CLOCK_WORDS, line.split("//")[0]) if module in NO_CLOCKS else None
                if clock:
                    say(f"{clock.group(1)} in {module}: time is passed in")
    return breaches, files


def check_table():
    """The table itself names known folders and has no cycle."""
    problems, state = [], {}

    def visit(module, trail):
        if state.get(module) == "done":
            return
        if module in trail:
            problems.append("cycle: " + " <- ".join(trail[trail.index(module):] + [module]))
            return
        for name in ALLOWED[module].split():
            other = owner(name, module.split("/")[0])
            if other is None:
                problems.append(f"{module} names {name}, which is no folder")
            else:
                if {module.split("/")[0], other.split("/")[0]} == {"client", "server"}:
                    problems.append(f"{module} sees {other}: client and server never see each other")
                visit(other, trail + [module])
        state[module] = "done"

    for module in ALLOWED:
        visit(module, [])
    return problems


SELF_TEST = [  # (file, text, part of the breach that must be reported; None: the file is fine)
    ("shared/domain/fold.cpp", '#include "domain/fold.h"\n#include "base/bytes.h"\n#include <map>', None),
    ("shared/wire/body.cpp", '#include "change.capnp.h"\n#include <capnp/message.h>', None),
    ("client/cli/main.cpp", '#include <CLI/CLI.hpp>\n#include "office/office.h"\n#include "sync/sync.h"', None),
    ("server/app/main.cpp", '#include "net/listener.h"\n#include <spdlog/spdlog.h>', None),
    ("shared/store/lmdb_store.cpp", "#include <lmdb.h>\n#include <sys/stat.h>", None),
    ("shared/transport/link.cpp", "#include <asio.hpp>", None),
    ("client/sync/CMakeLists.txt", "ts_library(sync SOURCES sync.cpp PUBLIC replica session PRIVATE transport)", None),
    ("shared/session/peer.h", "// never system_clock here\n#include <chrono>", None),
    ("shared/base/x.cpp", '#include "crypto/crypto.h"', "may not use shared/crypto"),
    ("shared/ledger/x.cpp", '#include "domain/task.h"', "may not use shared/domain"),
    ("shared/ledger/y.cpp", "#include <lmdb.h>", "LMDB"),
    ("shared/domain/x.cpp", '#include "wire/body.h"', "may not use shared/wire"),
    ("shared/domain/y.cpp", "#include <asio.hpp>", "Asio"),
    ("shared/domain/z.h", "#include <QString>", "Qt"),
    ("shared/session/x.cpp", "auto t = std::chrono::steady_clock::now();", "time is passed in"),
    ("shared/session/y.cpp", "#include <random>", "randomness"),
    ("shared/session/z.cpp", "#include <sys/socket.h>", "POSIX"),
    ("client/replica/x.cpp", '#include "register/register.h"', "may not use server/register"),
    ("client/replica/y.cpp", '#include "server/register/register.h"', "may not use server/register"),
    ("client/office/x.cpp", '#include "session/peer.h"', "may not use shared/session"),
    ("client/documents/x.cpp", '#include "replica/replica.h"', "may not use client/replica"),
    ("client/verify/x.cpp", '#include "replica/replica.h"', "may not use client/replica"),
    ("client/verify/y.cpp", '#include "store/store.h"', "may not use shared/store"),
    ("client/cli/x.h", "#include <CLI/CLI.hpp>", "in a header"),
    ("server/net/x.h", "#include <asio/ip/tcp.hpp>", "in a header"),
    ("server/ops/x.h", "#include <spdlog/spdlog.h>", "in a header"),
    ("server/intake/x.cpp", '#include "net/listener.h"', "may not use server/net"),
    ("server/register/x.cpp", '#include "replica/replica.h"', "may not use client/replica"),
    ("server/register/y.cpp", '#include "change.capnp.h"', "Cap'n Proto"),
    ("server/register/z.cpp", '#include "../intake/intake.h"', "without .."),
    ("shared/ledger/CMakeLists.txt", "ts_library(ledger\n  SOURCES domain.cpp\n  PUBLIC base domain)", "may not link shared/domain"),
    ("server/net/CMakeLists.txt", "target_link_libraries(net PRIVATE CapnProto::capnp)", "links CapnProto"),
    ("client/gossip/x.cpp", "int x;", "not in the table"),
    ("schemas/x.h", '#include "base/bytes.h"', "schemas may not use shared/base"),
]


def self_test():
    failures = list(check_table())
    for name, text, wanted in SELF_TEST:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.parent.mkdir(parents=True)
            path.write_text(text, encoding="utf-8")
            breaches, files = check_tree(Path(folder))
        if files != 1:
            failures.append(f"{name}: looked at {files} files")
        if wanted is None and breaches:
            failures.append(f"{name}: wrongly refused: {breaches}")
        if wanted is not None and not any(wanted in breach for breach in breaches):
            failures.append(f"{name}: '{wanted}' was not caught: {breaches}")
    return failures


def main():
    if sys.argv[1:] == ["--self-test"]:
        failures = self_test()
        print("\n".join(failures) if failures else f"layers: self-test passed, {len(SELF_TEST)} cases")
        return 1 if failures else 0
    if sys.argv[1:]:
        print(__doc__, file=sys.stderr)
        return 2
    problems = check_table()
    breaches, files = check_tree(Path(__file__).resolve().parents[2])
    for line in problems + breaches:
        print(line)
    if problems or breaches:
        print(f"layers: {len(problems) + len(breaches)} breaches in {files} files")
        return 1
    print(f"layers: {files} files keep to the table")
    return 0


if __name__ == "__main__":
    sys.exit(main())
