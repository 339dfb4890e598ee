#!/usr/bin/python3
"""All vectors against tenond over TLS, WebSocket and WebSocket over TLS: a line of TAP for each of them in each version. What is taken
when it is made lawful is seen over TCP (statements_test.py).

    transports_test.py [tls|ws|wss]..."""
import concurrent.futures
import functools
import sys

import brokers
import run
import script
import wire
from tap import Tap, detail


def play(transport):
    """What went wrong by (vector's name, version); None where there is nothing to play with."""
    if transport in wire.SECURE and not brokers.HAS_OPENSSL:
        return None
    return brokers.play_tenons(script.load(), transport, functools.partial(run.play_one, made_lawful=False))


def report(tap, transport, results):
    if results is None:
        tap.line(True, transport, " # SKIP openssl is not installed")
        return
    for (name, version), wrong in results.items():
        if wrong:
            detail(wrong)
        tap.line(not wrong, f"{transport} {script.LABELS[version]} {name}")


def main(transports):
    tap = Tap()
    with concurrent.futures.ThreadPoolExecutor() as pool:  # each with brokers of its own; most of the time something expires
        for transport, results in zip(transports, pool.map(play, transports)):
            report(tap, transport, results)
    tap.end()


if __name__ == "__main__":
    main(sys.argv[1:] or wire.TRANSPORTS[1:])
