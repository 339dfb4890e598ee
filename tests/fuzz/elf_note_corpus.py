#!/usr/bin/python3
"""Writes the hand-made part of corpus/elf_note: elf_note_corpus.py DIRECTORY. Names say what is odd about a file."""
import struct

import corpus_files

HEADER_BYTES, ENTRY_BYTES = 64, 56
LOAD, NOTE = 1, 4
X86_64, SHARED = 62, 3


def note(name=b"tenon\0", kind=1, description=None, name_size=None, description_size=None, order="<", align=4):
    if description is None:
        description = struct.pack(order + "4I", 1, 1, 0, 0) + b"tenon.auth/1".ljust(64, b"\0")
    pad = lambda data: data + bytes(-len(data) % align)
    sizes = (len(name) if name_size is None else name_size,
             len(description) if description_size is None else description_size)
    return pad(struct.pack(order + "3I", *sizes, kind) + name) + pad(description)


def segment(kind, offset, size, align=4, order="<"):
    return struct.pack(order + "2I6Q", kind, 4, offset, 0, 0, size, size, align)


def elf(segments, *, order="<", klass=2, machine=X86_64, kind=SHARED, table_at=HEADER_BYTES, count=None,
        entry=ENTRY_BYTES, sections=(0, 0, 0)):
    """`segments` are (type, bytes, changes) or bytes, which are those of a PT_NOTE."""
    segments = [(NOTE, s, {}) if isinstance(s, bytes) else s for s in segments]
    count = len(segments) if count is None else count
    ident = b"\x7fELF" + bytes([klass, 1 if order == "<" else 2, 1]) + bytes(9)
    header = ident + struct.pack(order + "2HI3QI6H", kind, machine, 1, 0, table_at, sections[0], 0, HEADER_BYTES,
                                 entry, count, sections[1], sections[2], 0)
    table, tail = b"", b""
    at = HEADER_BYTES + len(segments) * ENTRY_BYTES
    for what, data, changes in segments:
        fields = {"offset": at + len(tail), "size": len(data), "align": 4} | changes
        table += segment(what, fields["offset"], fields["size"], fields["align"], order)
        tail += data
    return header + table + tail


def elf32(order):
    ident = b"\x7fELF" + bytes([1, 1 if order == "<" else 2, 1]) + bytes(9)
    header = ident + struct.pack(order + "2HI3II6H", SHARED, 3, 1, 0, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    data = note(order=order)
    return header + struct.pack(order + "8I", NOTE, 84, 0, 0, len(data), len(data), 4, 4) + data


HUGE = (1 << 64) - 8
OTHER = note(b"GNU\0", 3, b"\xee" * 5)
SOUND = elf([note()])
FILES = {
    "empty": b"",
    "magic_only": b"\x7fELF",
    "script": b"#!/bin/sh\n",
    "sound": SOUND,
    "sound_with_load": elf([(LOAD, b"\x90" * 16, {}), note()]),
    "two_kinds": elf([note(description=struct.pack("<4I", 1, 4, 5, 6) + b"tenon.auth/1 tenon.storage/1".ljust(64, b"\0"))]),
    "later_longer": elf([note(description=struct.pack("<4I", 1, 1, 0, 0) + b"a/1".ljust(64, b"\0") + b"new" * 8)]),
    "behind_others": elf([OTHER, OTHER * 3 + note()]),
    "many_notes": elf([OTHER * 64 + note()]),
    "many_segments": elf([OTHER] * 24 + [note()]),
    "aligned_8": elf([(NOTE, note(b"GNU\0", 5, b"\1" * 12, align=8) + note(align=8), {"align": 8})]),
    "aligned_3": elf([(NOTE, note(), {"align": 3})]),
    "aligned_huge": elf([(NOTE, note(), {"align": HUGE})]),
    "twice": elf([note(), note()]),
    "twice_same_bytes": elf([note(), (NOTE, b"", {"offset": HEADER_BYTES + 2 * ENTRY_BYTES, "size": 100})]),
    "overlapping": elf([(NOTE, OTHER * 8, {}), (NOTE, b"", {"offset": HEADER_BYTES, "size": 300})]),
    "other_owner": elf([note(b"tenor\0")]),
    "owner_without_zero": elf([note(b"tenon")]),
    "other_type": elf([note(kind=2)]),
    "short": elf([note(description=b"\1" * 40)]),
    "no_kinds": elf([note(description=bytes(80))]),
    "blank_kinds": elf([note(description=bytes(16) + b" " * 63 + b"\0")]),
    "open_kinds": elf([note(description=bytes(16) + b"k" * 64)]),
    "name_size_wild": elf([note(name_size=0xffffffff)]),
    "name_size_zero": elf([note(name_size=0)]),
    "description_size_wild": elf([note(description_size=0xfffffffc)]),
    "description_across_end": elf([note(description_size=81)]),
    "class_32": elf32("<"),
    "class_32_big_endian": elf32(">"),
    "big_endian": elf([note(order=">")], order=">"),
    "order_named_wrong": SOUND[:5] + b"\2" + SOUND[6:],
    "class_unknown": elf([note()], klass=9),
    "machine_other": elf([note()], machine=183),
    "executable": elf([note()], kind=2),
    "table_behind_end": elf([note()], table_at=1 << 40),
    "table_wraps": elf([note()], table_at=HUGE),
    "table_at_end": elf([note()], table_at=len(SOUND)),
    "table_unaligned": elf([note()], table_at=HEADER_BYTES - 1),
    "entries_many": elf([note()], count=0xffff),
    "entries_small": elf([note()], entry=32),
    "entries_none": elf([note()], count=0),
    "segment_behind_end": elf([(NOTE, note(), {"offset": 1 << 40})]),
    "segment_wraps": elf([(NOTE, note(), {"size": HUGE})]),
    "segment_offset_wraps": elf([(NOTE, note(), {"offset": HUGE, "size": 16})]),
    "segment_empty_at_end": elf([(NOTE, b"", {}), note()]),
    "load_behind_end": elf([(LOAD, b"", {"offset": 1 << 30, "size": 1}), note()]),
    "sections_behind_end": elf([note()], sections=(1 << 33, 64, 9)),
    "sections_wrap": elf([note()], sections=(HUGE, 64, 0xffff)),
    "cut_in_header": SOUND[:40],
    "cut_in_table": SOUND[:HEADER_BYTES + 20],
    "cut_in_note": SOUND[:-30],
}


corpus_files.write(FILES)
