#!/usr/bin/python3
"""Writes the hand-made part of corpus/elf_summary: elf_summary_corpus.py DIRECTORY. Names say what is odd about a file."""
import struct

import corpus_files

HEADER_BYTES, SECTION_BYTES, SEGMENT_BYTES = 64, 64, 56
STRINGS, DYNAMIC, DYNAMIC_SYMBOLS = 3, 6, 11
NEEDED, RUNPATH, FLAGS, TEXT_RELOCATIONS = 1, 29, 30, 22
TLS, STACK = 7, 0x6474E551
TEXTS = b"\0libc.so.6\0/opt/lib\0tenon_module_v1\0"
HUGE = (1 << 64) - 8


def section(kind, offset, size, link=0):
    return struct.pack("<2I4Q2I2Q", 0, kind, 0, 0, offset, size, link, 0, 8, 0)


def dynamic(*entries):
    return b"".join(struct.pack("<2Q", *one) for one in entries)


def symbol(name, info=0x12, where=5):
    return struct.pack("<I2BH2Q", name, info, 0, where, 0, 0)


def segment(kind, flags=6, memory=0):
    return struct.pack("<2I6Q", kind, flags, 0, 0, 0, 0, memory, 8)


def elf(*, tags=((NEEDED, 1), (RUNPATH, 11)), symbols=(symbol(20),), texts=TEXTS, segments=(segment(STACK),), links=(3, 3),
        texts_at=None, sections_at=None):
    """Header, segments, dynamic entries, symbols, texts, and their three sections."""
    parts = [dynamic(*tags), b"".join(symbols), texts]
    at = HEADER_BYTES + SEGMENT_BYTES * len(segments)
    places = [at, at + len(parts[0]), at + len(parts[0]) + len(parts[1])]
    table_at = places[2] + len(texts) if sections_at is None else sections_at
    header = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<2HI3QI6H", 3, 62, 1, 0, HEADER_BYTES, table_at, 0, HEADER_BYTES,
                                                       SEGMENT_BYTES, len(segments), SECTION_BYTES, 4, 0)
    table = section(0, 0, 0) + section(DYNAMIC, places[0], len(parts[0]), links[0])
    table += section(DYNAMIC_SYMBOLS, places[1], len(parts[1]), links[1])
    table += section(STRINGS, places[2] if texts_at is None else texts_at, len(texts))
    return header + b"".join(segments) + b"".join(parts) + table


SOUND = elf()
FILES = {
    "sound": SOUND,
    "all_flags": elf(tags=((FLAGS, 0x14), (TEXT_RELOCATIONS, 0)), segments=(segment(STACK, 7), segment(TLS, 4, 512))),
    "unique": elf(symbols=(symbol(20, 0xA1),)),
    "undefined_and_local": elf(symbols=(symbol(20, where=0), symbol(20, 0x02))),
    "one_text_many_times": elf(symbols=(symbol(20),) * 200),
    "text_too_long": elf(symbols=(symbol(0),), texts=b"A" * 5_000 + b"\0"),
    "text_without_end": elf(tags=(), symbols=(symbol(20),), texts_at=len(SOUND) - SECTION_BYTES + 8),
    "text_behind_end": elf(symbols=(symbol(0xFFFFFFFF),)),
    "texts_wrap": elf(texts_at=HUGE),
    "links_wild": elf(links=(4, 0xFFFFFFFF)),
    "sections_behind_end": elf(sections_at=1 << 40),
    "sections_wrap": elf(sections_at=HUGE),
    "cut": SOUND[:-SECTION_BYTES],
}


corpus_files.write(FILES)
