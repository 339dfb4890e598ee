"""What tests have to know of the sanitizer that the programs were built with."""
import os

NAME = os.environ.get("TENON_SANITIZE", "none")


def memory_tells():
    """Whether the memory of a process says what it uses: a sanitizer keeps what is freed."""
    if NAME != "none":
        print(f"# memory is not looked at: the sanitizer ({NAME}) keeps what is freed", flush=True)
    return NAME == "none"


def times(seconds):
    """How long something may take that takes this long in a program without a sanitizer."""
    return seconds if NAME == "none" else seconds * 6


def no_preload():
    """Why a library can't be loaded before all others; empty: it can."""
    return "a library that is loaded first would start before TSan does" if NAME == "thread" else ""


def preloaded(library, **more):
    """The environment of a program that loads `library` before all others, which ASan wants to be told of."""
    options = [*filter(None, [os.environ.get("ASAN_OPTIONS")]), "verify_asan_link_order=0"]
    return {"LD_PRELOAD": str(library), "ASAN_OPTIONS": ":".join(options), **more}
