"""Counts what was found of what was planted, and what was found where nothing is."""

import collections
import random as randoms
import typing

import gaps
import lookalikes
import program
import recall
import records

REGIONS = {"eu": "eu", "all": ""}


class Found(typing.NamedTuple):
    """Of one kind of identifier."""

    planted: int
    missed: int       # although no gap explains it
    named: int        # found as what it is, and not as something else
    gaps: int         # planted where a gap is known
    gaps_missed: int


def is_covered(case, hits):
    """A value of which there is too much to look through goes as a whole."""
    return hits is None or any(hit.begin <= case.begin and hit.end >= case.end for hit in hits)


def looked_at(binary, cases):
    """(case, hits) of each."""
    by_region = collections.defaultdict(list)
    for case in cases:
        by_region[case.region].append(case)
    for region, those in by_region.items():
        yield from zip(those, program.detect(binary, [case.text for case in those], region))


class Recall:
    """Everything that is planted once, and for each kind what came of it."""

    def __init__(self, binary, seed, rounds):
        self.counts = collections.defaultdict(collections.Counter)
        self.places = collections.defaultdict(collections.Counter)
        self.gaps = {name: collections.Counter() for name in gaps.GAPS}
        self.beyond = collections.defaultdict(collections.Counter)
        self.misses = []
        for case, hits in looked_at(binary, recall.cases(seed, rounds)):
            self.take(case, hits)
        for case, hits in looked_at(binary, recall.cases(seed, rounds, beyond=True)):
            self.beyond[case.kind, case.spelling].update(planted=1, found=is_covered(case, hits))

    def take(self, case, hits):
        gap, covered = gaps.gap_of(case), is_covered(case, hits)
        if gap:
            self.gaps[gap].update(planted=1, missed=not covered)
            self.counts[case.kind].update(gaps=1, gaps_missed=not covered)
            return
        named = covered and hits is not None and any(hit.label == case.kind and hit.begin <= case.begin
                                                     for hit in hits)
        self.counts[case.kind].update(planted=1, missed=not covered, named=named)
        for word in (case.place, case.encoding):
            self.places[word].update(planted=1, missed=not covered)
        if not covered:
            self.misses.append(case)

    def of(self, kind):
        count = self.counts[kind]
        return Found(*(count[field] for field in Found._fields))


class Published:
    """The same identifiers in records, and whether what is published still has them."""

    def __init__(self, binary, seed, rounds, region="eu", share=1):
        cases = [case for case in recall.cases(f"{seed}/records", rounds, share=share)
                 if case.region in ("", region) and (case.told or case.region == region) and not gaps.gap_of(case)]
        self.count = len(cases)
        self.leaks = [leak for at in range(0, len(cases), records.BATCH)
                      for leak in records.leaks(binary, region, cases[at:at + records.BATCH])]


def texts_of(kinds, seed, count):
    for name, make in kinds.items():
        random = randoms.Random(f"{seed}/{name}")
        for number in range(count):
            yield name, lookalikes.AROUND[number % len(lookalikes.AROUND)].format(make(random)).encode()


class FalseHits:
    """hits[region][kind][label]: in how many of `count` texts of the kind there is a hit of that label."""

    def __init__(self, binary, kinds, seed, count):
        self.kinds, self.count = kinds, count
        self.hits = {}
        self.examples = {}
        made = list(texts_of(kinds, seed, count))
        for title, region in REGIONS.items():
            self.hits[title] = collections.defaultdict(collections.Counter)
            for (name, text), hits in zip(made, program.detect(binary, [text for _, text in made], region,
                                                               names=False)):
                for label in sorted({hit.label for hit in hits or ()}):
                    self.hits[title][name][label] += 1
                    known = self.examples.get((name, label))
                    self.examples[name, label] = min(known, text, key=len) if known else text

    def share(self, title, label):
        """Of all texts, in percent."""
        return 100 * sum(count[label] for count in self.hits[title].values()) / (self.count * len(self.kinds))

    def labels(self):
        return sorted({label for kinds in self.hits.values() for count in kinds.values() for label in count})

    def total(self, title, name):
        return sum(self.hits[title][name].values())
