#!/usr/bin/python3
"""Plays the conformance vectors against a broker that is running, and says which statements it shows.

    run.py --host H --port P [--transport tcp|tls|ws|wss] [--ca FILE] [--websocket P] [--only ID] [--version 3.1|3.1.1|5]
           [--provides accounts]

The broker must let clients in without a user name and let them use all topics. --provides names what else it was set up
with; README.md says how. The exit code is 1 when a vector fails."""
import argparse
import concurrent.futures
import sys

import play
import script
import table
import twin
import wire

PARALLEL = 8


def keys(vectors, versions=tuple(script.VERSIONS.values()), provided=(), only=None):
    """(vector, version) of all that are to be played: those that need no more than is provided, and that show `only`."""
    for vector in vectors:
        for version in vector.versions:
            named = only in (None, vector.name, *vector.shows[version])
            if version in versions and set(vector.needs) <= set(provided) and named:
                yield vector, version


def own_keys(vectors, provided, elsewhere):
    """The keys of a broker beside another one, which provides `elsewhere`: those that can't be played there."""
    return [(vector, version) for vector, version in keys(vectors, provided=provided) if not set(vector.needs) <= set(elsewhere)]


def players(vector, version):
    """Whose run it takes to pass a vector: its own, and that of its twin if it has one."""
    return [play.Player] + [twin.Twin] * bool(twin.steps_of(vector, version))


def play_one(vector, version, target, silence_s=wire.SILENCE_S, made_lawful=True):
    """None, or what the broker did wrong in the vector or, where that is wanted, in its twin."""
    makers = players(vector, version) if made_lawful else [play.Player]
    wrongs = (_play(make(vector, version, play.dial(target, silence_s), says_why="reasons" in target.provides)) for make in makers)
    return next(filter(None, wrongs), None)


def _play(player):
    try:
        player.run()
    except wire.Mismatch as error:
        return str(error)
    except OSError as error:
        return f"{player.vector.file}: {error}"
    finally:
        player.clean_up()
    return None


def play_all(chosen, target, one=play_one):
    """What went wrong by (vector's name, version). Vectors that must be alone come first, the others side by side."""
    chosen, results = list(chosen), {}
    for vector, version in chosen:
        if vector.alone:
            results[vector.name, version] = one(vector, version, target)
    rest = [key for key in chosen if not key[0].alone]
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        done = pool.map(lambda key: one(*key, target), rest)
        results.update({(vector.name, version): wrong for (vector, version), wrong in zip(rest, done)})
    return results


def show(results, vectors):
    """Prints what failed, and how many passed."""
    for (name, version), wrong in sorted(results.items()):
        if wrong:
            print(f"failed: {script.LABELS[version]} {name}\n        {wrong}")
    twins = sum(bool(twin.steps_of(vector, version)) for vector in vectors for version in vector.versions if (vector.name, version) in results)
    print(f"{sum(not wrong for wrong in results.values())} of {len(results)} vectors passed, {twins} of these have a twin that must pass, too")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, action="append", help="1883; more than one: of nodes of a cluster")
    parser.add_argument("--transport", choices=wire.TRANSPORTS, default="tcp", help="what is spoken on these ports")
    parser.add_argument("--ca", metavar="FILE", help="the certificate of the broker must be signed by one of these")
    parser.add_argument("--websocket", type=int, metavar="PORT", help="port of a listener for WebSocket beside tcp or tls")
    parser.add_argument("--only", metavar="ID", help="a statement's id or a vector's name")
    parser.add_argument("--version", choices=script.VERSIONS)
    parser.add_argument("--provides", action="append", default=[], help="what the broker has, in the words of README.md")
    asked = parser.parse_args()
    vectors = script.load()
    versions = [script.VERSIONS[asked.version]] if asked.version else list(script.VERSIONS.values())
    provided = asked.provides + (["websocket"] if asked.websocket or asked.transport in wire.WEB else [])
    target = wire.Target(asked.host, asked.port or [1883], asked.transport, asked.websocket, provided, asked.ca)
    results = play_all(keys(vectors, versions, provided, asked.only), target)
    show(results, vectors)
    if not asked.only:
        for version, counts in table.count(table.verdicts(vectors, results)).items():
            print(f"{version}: " + ", ".join(f"{number} {state}" for state, number in sorted(counts.items())))
    sys.exit(1 if any(results.values()) or not results else 0)


if __name__ == "__main__":
    main()
