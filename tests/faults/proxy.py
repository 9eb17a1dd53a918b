"""The proxy of proxy.c as an object: `proxy.tell("delay", "all", 300)`."""
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def build(folder):
    """Compiles it, for who has no build of the project at hand; returns the program's path."""
    program = os.path.join(folder, "proxy")
    sources = [os.path.join(HERE, name) for name in ("proxy.c", "proxy_connections.c")]
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-D_GNU_SOURCE", "-O1", *sources,
                    "-o", program], check=True, timeout=120)
    return program


class Proxy:
    """Stands between `targets` and free ports of its own: self.ports, in the same order. A target
    is a port, or LISTEN:PORT for a port that its clients know already."""

    def __init__(self, program, targets):
        words = [str(target) if ":" in str(target) else f"0:{target}" for target in targets]
        self.process = subprocess.Popen([program, *words], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.ports = []
        for target in (word.split(":")[1] for word in words):
            words = self.process.stdout.readline().split()
            assert len(words) == 3 and words[2] == target, f"the proxy said {words}"
            self.ports.append(int(words[1]))

    def tell(self, *words):
        """One command; returns (connections, accepted, bytes up, bytes down) from before it."""
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        assert answer and answer[0] == "ok", f"the proxy answered {answer} to {words}"
        return tuple(map(int, answer[1:]))

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()
