"""The steps of the exercise in order: what each shows, what it needs, and how its room is broken on purpose."""

from dataclasses import dataclass
from typing import Final, Protocol

from headwater.exercise.stage import Stage
from headwater.exercise.steps.asking import answer_in_time, ask_consent, recall
from headwater.exercise.steps.closing import build_case, check_ledgers
from headwater.exercise.steps.figuring import judge_claims
from headwater.exercise.steps.finding import decide_hit, read_files, screen_names
from headwater.exercise.steps.linking import link_records
from headwater.exercise.steps.opening import make_nodes, make_trust
from headwater.exercise.steps.scanning import scan_van
from headwater.exercise.steps.telling import keep_control, raise_alert, survive_kill, tell_partner
from headwater.exercise.steps.tracing import recall_table, trace_money
from headwater.exercise.steps.warning import share_threats
from headwater.exercise.steps.watching import watch_river
from headwater.exercise.steps.witnessing import witness_logs


class Play(Protocol):
    """A step as a function: says what was shown, or raises what went wrong."""

    def __call__(self, stage: Stage, *, planted: bool) -> str:
        """Play the step; with `planted`, its room is broken first."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, what a person reads while it runs, the steps it needs, and how it is played."""

    name: str
    title: str
    needs: tuple[str, ...]
    play: Play


STEPS: Final = (
    Step("nodes", "three nodes are set up and started", (), make_nodes),
    Step("trust", "cards, digits and agreements are exchanged", ("nodes",), make_trust),
    Step("read", "lists and reports in the official formats are read", ("nodes",), read_files),
    Step("watch", "a track nears a river at night, and rescue is called first", ("nodes",), watch_river),
    Step("scan", "a van is X-rayed; what may be hidden is found, and kept with its image", ("nodes",), scan_van),
    Step("screen", "consignor, keeper and driver are screened in Belgrade's spelling", ("read",), screen_names),
    Step("decide", "a person decides what the engine found", ("screen",), decide_hit),
    Step("link", "records of three states that speak of one organiser are linked", ("read",), link_records),
    Step("control", "Pristina's fact does not reach Belgrade through London", ("trust", "read"), keep_control),
    Step("tell", "London tells Belgrade, by the rules and with a second person", ("trust", "decide"), tell_partner),
    Step("alert", "Pristina alerts London to the lorry", ("trust", "read"), raise_alert),
    Step("request", "London asks Belgrade urgently, and both nodes count", ("tell",), answer_in_time),
    Step("consent", "Pristina is asked, and consents: now its fact reaches Belgrade", ("control",), ask_consent),
    Step("recall", "Pristina recalls its fact, and both holders prove it", ("consent", "alert"), recall),
    Step("kill", "Belgrade's node is killed while a message is on its way", ("tell",), survive_kill),
    Step("trace", "three nodes' payments meet at a hub; who supplies its boats is found", ("trust",), trace_money),
    Step("untrace", "Pristina recalls its payments, and what rests on them goes", ("trace",), recall_table),
    Step("cyber", "Belgrade's CERT warns London's of a gang's wallet, which meets it in a payment", (), share_threats),
    Step(
        "witness",
        "London and Belgrade cosign each other's logs, and a stranger checks a proof",
        ("tell",),
        witness_logs,
    ),
    Step(
        "figures",
        "two sentences of ministers are held against the figures, and routes are forecast",
        ("nodes",),
        judge_claims,
    ),
    Step(
        "case",
        "a case is built from what the three found, sealed, receipted by Belgrade, and given to prosecutor and defence",
        ("tell", "request", "alert"),
        build_case,
    ),
    Step("audit", "every ledger is checked", ("tell", "case"), check_ledgers),
)
