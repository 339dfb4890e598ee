#!/usr/bin/env python3
"""Joins the parts of the OpenAPI document, and writes a C++ file with a function that returns its text.

usage: merge_openapi.py OUTPUT HEADER NAMESPACE FUNCTION MAIN PART...

Each part has `tags`, `paths` and `components` as the main one; nothing may be there twice."""
import json
import sys

output, header, namespace, function, main, *parts = sys.argv[1:]
TEXT_MAX = 12_000  # of one literal


def join(into, more, where):
    for key, value in more.items():
        if key not in into:
            into[key] = value
        elif isinstance(value, dict) and where.count("/") < 2:
            join(into[key], value, f"{where}/{key}")
        else:
            sys.exit(f"{where}/{key} is there twice")


def unique(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        sys.exit(f"a name is there twice among {names}")
    return dict(pairs)


document = json.load(open(main, encoding="utf-8"), object_pairs_hook=unique)
for part in parts:
    more = json.load(open(part, encoding="utf-8"), object_pairs_hook=unique)
    document["tags"] += more.pop("tags", [])
    join(document, more, "")
text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
pieces = [text[i:i + TEXT_MAX] for i in range(0, len(text), TEXT_MAX)]
if ")EMBEDDED" in text:
    sys.exit("the document contains the end mark of the literal")
with open(output, "w", encoding="utf-8") as out:
    out.write(f'#include "{header}"\n\nnamespace {namespace} {{\n\nstd::string_view {function}() {{\n  return ')
    out.write("\n         ".join(f'R"EMBEDDED({piece})EMBEDDED"' for piece in pieces))
    out.write(f";\n}}\n\n}}  // namespace {namespace}\n")
