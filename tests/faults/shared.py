"""Numbers that a test shares with a library in another process, through a file that both map."""
import mmap
import os
import struct

import harness


class Numbers:
    def __init__(self, path, count):
        with open(path, "w+b", opener=harness.private) as file:
            file.truncate(8 * count)
            self.map = mmap.mmap(file.fileno(), 8 * count)

    def get(self, index):
        return struct.unpack_from("=q", self.map, 8 * index)[0]

    def set(self, index, number):
        struct.pack_into("=q", self.map, 8 * index, number)


class Disk:
    """What disk.c knows of the disk of a broker."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "disk")
        self.numbers = Numbers(self.path, 2)
        self.free()

    def fill(self, room):
        """So many bytes more have room. Returns refused() from before."""
        refused = self.refused()
        self.numbers.set(0, room)
        return refused

    def free(self):
        self.numbers.set(0, -1)

    def refused(self):
        return self.numbers.get(1)


class Clock:
    """What clock.c knows of the clock of a process."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "clock")
        self.numbers = Numbers(self.path, 2)

    def set(self, seconds):
        """It goes so much wrong from now on. Returns told() from before."""
        told = self.told()
        self.numbers.set(0, int(seconds * 1e9))
        return told

    def told(self):
        """How often somebody was told a wrong time."""
        return self.numbers.get(1)
