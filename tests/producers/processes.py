"""How a process of ours ends: by what it was told, or else by force."""

import subprocess


def wait_for_end(process, seconds=10):
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def terminate(process):
    """SIGTERM, to which servers and shippers write what they still hold."""
    if process is not None and process.poll() is None:
        process.terminate()
        wait_for_end(process)
