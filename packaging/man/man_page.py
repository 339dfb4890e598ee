#!/usr/bin/python3
"""Writes a page of the manual: man_page.py VERSION TEMPLATE PROGRAM [ARGUMENT...]

The template is a page in the language of man(7). In it stand @VERSION@, and for what the program prints when it is run
with the arguments: @SYNOPSIS@ for the lines that say how it is called, @HELP@ for all others, and @REFERENCE@ for a
reference page in Markdown. What the program says of itself is thus what the page says."""
import re
import subprocess
import sys

USAGE = re.compile(r"(?:[Uu]sage: |       )(\S+)(.*)")


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def marked(text):
    """Markdown within a line."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    parts = re.split(r"(`[^`]*`|\*\*[^*]*\*\*|\*\w[^*]*\*)", text)
    out = ""
    for part in parts:
        if part.startswith("`") and len(part) > 1:
            out += f"\\fB{escaped(part[1:-1])}\\fR"
        elif part.startswith("**"):
            out += f"\\fB{escaped(part[2:-2])}\\fR"
        elif part.startswith("*") and len(part) > 2:
            out += f"\\fI{escaped(part[1:-1])}\\fR"
        else:
            out += escaped(part).removeprefix("\\&")
    return "\\&" + out if out.startswith((".", "'")) else out


def synopsis(text):
    """The lines that begin with "usage:", and those that follow below them."""
    lines = []
    for line in text.splitlines():
        found = USAGE.fullmatch(line)
        if not found or (not lines and line.startswith(" ")):
            if lines:
                break
            continue
        arguments = re.sub(r"\s{2,}\(.*", "", found[2])
        lines.append(f"\\fB{escaped(found[1])}\\fR{escaped(arguments)}")
    return "\n.br\n".join(lines)


def help_body(text):
    """Paragraphs, titles that end with a colon, and lists of terms with what they mean; not what the head of a page says."""
    out, in_usage, in_term = [], True, False
    for line in text.splitlines():
        if in_usage and (USAGE.fullmatch(line) or re.match(r"[a-z-]+: ", line) or not line.strip()):
            continue
        in_usage = False
        entry = re.fullmatch(r"  (\S.*?)(?:\s{2,}(\S.*))?", line)
        if not line.strip():
            in_term = False
        elif entry:
            out += [".TP", f"\\fB{escaped(entry[1])}\\fR"] + ([escaped(entry[2])] if entry[2] else [])
            in_term = True
        elif line.startswith(" "):
            out.append(escaped(line.strip()))
        elif line.endswith(":"):
            out.append(f".SS {escaped(line[:-1])}")
            in_term = False
        else:
            out += ([] if in_term is None else [".PP"]) + [escaped(line)]
            in_term = None  # within a paragraph
    return "\n".join(out)


def reference_body(text):
    """Markdown of the kind that this tree's programs write: titles, paragraphs, lists of one level."""
    out, paragraph = [], []

    def end_paragraph():
        if paragraph:
            out.append(marked(" ".join(paragraph)))
            paragraph.clear()

    for line in re.sub(r"<!--.*?-->\n?", "", text, flags=re.S).splitlines():
        item = re.fullmatch(r"(?:-|(\d+\.)) (.*)", line)
        if item or line.startswith("#") or not line.strip():
            end_paragraph()
        if line.startswith("## "):
            out.append(f".SH {escaped(line[3:].upper())}")
        elif line.startswith("### "):
            out.append(f".SS {marked(line[4:])}")
        elif item:
            out.append(f".IP {escaped(item[1] or '*')} 4")
            paragraph.append(item[2])
        elif line.strip() and not line.startswith("#"):
            if not paragraph and out and not out[-1].startswith((".SH", ".SS")):
                out.append(".PP")
            paragraph.append(line.strip())
    end_paragraph()
    return "\n".join(out)


def main(version, template, *command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    page = open(template, encoding="utf-8").read().replace("@VERSION@", version)
    for name, made in (("@SYNOPSIS@", synopsis), ("@HELP@", help_body), ("@REFERENCE@", reference_body)):
        if name in page:
            text = made(done.stdout)
            if not text:
                sys.exit(f"{template}: {command[0]} says nothing for {name}")
            page = page.replace(name, text)
    sys.stdout.write(page)


main(*sys.argv[1:])
