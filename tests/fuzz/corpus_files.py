"""What programs that write a corpus share."""
import pathlib
import sys


def write(files):
    """Writes them, by name, into the directory that the command line names."""
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (directory / name).write_bytes(data)
