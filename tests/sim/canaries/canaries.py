#!/usr/bin/env python3
"""Plants the defects of canaries.json into copies of the product's sources.

    canaries.py ROOT OUT            writes OUT/<name>.cpp for each source named, and OUT/canary_list.cpp
    canaries.py ROOT --sources      prints the sources, for the build

A canary has a `name`, its `defect` in words, `edits` (a source, the text that stands there, the text that is planted, in
which CANARY is true while this defect is switched on) and `catches`: what the message of the violation begins with, the
number of an invariant, alternatives with | between them. Up to 60 seeds are tried until it is noticed.
A place that is not found exactly once ends the build: a canary that nobody can hear is none.
"""

import json
import sys
from pathlib import Path


def main():
    root = Path(sys.argv[1])
    canaries = json.loads((Path(__file__).parent / "canaries.json").read_text(encoding="utf-8"))
    sources = sorted({edit[0] for canary in canaries for edit in canary["edits"]})
    if sys.argv[2] == "--sources":
        print(";".join(sources), end="")
        return 0
    out = Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    texts = {source: (root / source).read_text(encoding="utf-8") for source in sources}
    for number, canary in enumerate(canaries):
        for source, place, defect in canary["edits"]:
            found = texts[source].count(place)
            if found != 1:
                print(f"canary {canary['name']}: its place in {source} is found {found} times:\n{place}", file=sys.stderr)
                return 1
            texts[source] = texts[source].replace(place, defect.replace("CANARY", f"::sim::isOn({number})"))
    for source, text in texts.items():
        (out / source.replace("/", "_")).write_text(f'#include "canary.h"\n{text}', encoding="utf-8")
    lines = "".join(f'    {{"{c["name"]}", "{c["defect"]}", "{c["catches"]}"}},\n' for c in canaries)
    (out / "canary_list.cpp").write_text(
        '#include "canary.h"\n\nnamespace sim {\n\nstd::span<const Canary> canaries() {\n'
        f"    static constexpr Canary kAll[] = {{\n{lines}    }};\n    return kAll;\n}}\n\n}}  // namespace sim\n",
        encoding="utf-8")
    return 0


sys.exit(main())
