"""Kafka's own program for transactions in the place of the service: what the same faults do to it.

It copies records as they are, without headers and times. So what should come are the raw records,
none is too bad to be copied, and there is nothing to hide."""
import campaign
import cluster
import fleet
import load

PROGRAM = "org.apache.kafka.tools.TransactionalMessageCopier"

# Its default of a minute would keep readers waiting for longer than the checker does.
TRANSACTION_MS = "10000"


class Copier(fleet.Instance):
    """One process. It copies what is there when it gets its partitions and ends with 0, to be
    started again; what it cannot go on after ends it with 1."""
    gives_up_with = {1}

    def __init__(self, run, config):
        super().__init__("", run.env.cluster, config)
        self.transactions = f"copier-{run.source}-{config['instance']}"
        self.words = ["--input-topic", run.source, "--input-partition", "0", "--group-mode",
                      "--use-group-metadata", "--consumer-group", run.source,
                      "--output-topic", run.targets[0], "--transactional-id", self.transactions]

    def write(self):
        return None  # it has no configuration

    def command(self, _):
        kafka = self.config["kafka"]
        return [cluster.KBROKER, "tool", PROGRAM, "--broker-list", kafka["bootstrap.servers"],
                "--transaction-timeout", kafka.get("transaction.timeout.ms", TRANSACTION_MS),
                *self.words]

    def ended_well(self):
        by_signal = {128 + 15} if self.asked else set()
        return bool(self.killed) or self.process.returncode in {0, 1} | by_signal


class Env(campaign.Env):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.poison, self.only_values = 0, True
        load.write_templates(self.templates, canaries=[])


class Baseline(campaign.Campaign):
    session_s = 10  # Copier's own, which cannot be set
    has_points = False

    def process(self, config):
        return Copier(self, config)

    def make_policies(self):
        load.copy_made(self.env.templates, "made.0")
        return [self.config()]
