#!/usr/bin/env python3
"""Writes a C++ file with a function that returns the text of another file.

usage: embed_text.py INPUT OUTPUT HEADER NAMESPACE FUNCTION
"""
import sys

source, output, header, namespace, function = sys.argv[1:]
text = open(source, encoding="utf-8").read()
delimiter = "EMBEDDED"
if ")" + delimiter in text:
    sys.exit(f"{source} contains the end mark of the literal")
with open(output, "w", encoding="utf-8") as out:
    out.write(f'#include "{header}"\n\nnamespace {namespace} {{\n\n')
    out.write(f'std::string_view {function}() {{\n  return R"{delimiter}({text}){delimiter}";\n}}\n\n')
    out.write(f"}}  // namespace {namespace}\n")
