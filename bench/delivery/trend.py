"""Does a series of measurements grow? A line through it, and how sure that line is."""
import math
import statistics

BLOCKS = 20  # neighbours are alike: the means of so many stretches tell more honestly how sure it is

# Two-sided 95 % of Student's distribution, by degrees of freedom.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
           2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086)

FLAT, GROWS, UNDECIDED = "flat", "grows", "undecided"


def line(points):
    """Slope and its standard error by least squares over (x, y)."""
    if len(points) < 3:
        raise ValueError("a line and how sure it is take three points")
    xs, ys = zip(*points)
    x0, y0 = statistics.fmean(xs), statistics.fmean(ys)
    spread = sum((x - x0) ** 2 for x in xs)
    if spread == 0:
        raise ValueError("all was measured at one time")
    slope = sum((x - x0) * (y - y0) for x, y in points) / spread
    rest = sum((y - y0 - slope * (x - x0)) ** 2 for x, y in points)
    return slope, math.sqrt(rest / (len(points) - 2) / spread)


def blocks(points, count=BLOCKS):
    """Means of stretches of the same length."""
    count = min(count, len(points))
    edges = [len(points) * i // count for i in range(count + 1)]
    parts = [points[a:b] for a, b in zip(edges, edges[1:])]
    return [tuple(statistics.fmean(column) for column in zip(*part)) for part in parts]


def slope(points):
    """Slope, and the ends of the interval in which it is with 95 %, from the means of stretches."""
    means = blocks(points)
    found, error = line(means)
    around = STUDENT[min(len(means) - 2, len(STUDENT)) - 1] * error
    return found, found - around, found + around


def verdict(points, bound):
    """Whether it grows faster than the bound, in the units of y to x."""
    _, least, most = slope(points)
    if least > bound:
        return GROWS
    return FLAT if most <= bound else UNDECIDED


def second_half(points):
    """Without what comes before everything has been in use once."""
    middle = (points[0][0] + points[-1][0]) / 2
    return [point for point in points if point[0] >= middle]


def tenths(values):
    """Ten stretches of the same number."""
    edges = [len(values) * i // 10 for i in range(11)]
    return [values[a:b] for a, b in zip(edges, edges[1:])]


def has_stepped_up(values):
    """For what is counted one by one: the last tenth never came down to where the third was at most."""
    parts = tenths(values)
    return min(parts[9]) > max(parts[2])
