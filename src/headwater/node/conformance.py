"""The node's own rules, put to the question one document at a time, so that any nation's software can be compared."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from headwater.errors import InputError, Place, SchemaError
from headwater.exchange.deadlines import Pause, deadline
from headwater.exchange.envelope import SenderKey, open_envelope
from headwater.exchange.refusal import Refusal
from headwater.formats.stix import Known, bundle_objects, check_all
from headwater.formats.stix_rules import Checked
from headwater.model import merkle
from headwater.model.canonical import convert
from headwater.model.ids import authority_id
from headwater.model.message import Message, MessageFact
from headwater.model.times import format_instant, parse_instant
from headwater.policy.agreement import Agreement
from headwater.policy.rules.judge import decide
from headwater.policy.rules.rule import Op
from headwater.ports import LeftOut

Question = Mapping[str, Any]
Answer = dict[str, Any]
_NEVER: Final = parse_instant("9999-01-01T00:00:00Z")


def policy(question: Question) -> Answer:
    """Return what `decide` answers: {op, now, agreements, message, held} to {outcome, rule, removed, obligations}."""
    judgement = decide(
        Op(question["op"]),
        convert(question["agreements"], dict[str, Agreement]),
        convert(question["message"], Message),
        convert(question.get("held") or {}, dict[str, MessageFact]),
        parse_instant(question["now"], field="now"),
    )
    return {
        "outcome": judgement.outcome.value,
        "rule": judgement.rule,
        "removed": dict(judgement.removed),
        "obligations": list(judgement.obligations),
    }


def merkle_proof(question: Question) -> Answer:
    """Return whether a proof holds: {kind: inclusion|consistency, …} to {valid}."""
    proof = [bytes.fromhex(node) for node in question["proof"]]
    match question["kind"]:
        case "inclusion":
            leaf, root = bytes.fromhex(question["leaf_hash"]), bytes.fromhex(question["root"])
            valid = merkle.verify_inclusion(_whole(question, "index"), _whole(question, "size"), leaf, proof, root)
        case "consistency":
            sizes = (_whole(question, "size1"), _whole(question, "size2"))
            roots = (bytes.fromhex(question["root1"]), bytes.fromhex(question["root2"]))
            valid = merkle.verify_consistency(*sizes, *roots, proof)
        case _:
            raise SchemaError("no such kind of proof", where=Place(field="kind"), fix="use inclusion or consistency")
    return {"valid": valid}


def _whole(question: Question, field: str) -> int:
    number = question[field]
    if type(number) is not int:
        raise SchemaError("not a whole number", where=Place(field=field))
    return number


def envelope(question: Question) -> Answer:
    """Return what opening gives: {envelope, keys, me, peer, now} to {result: ok or a code, body in hex or null}."""
    answer = open_envelope(
        bytes.fromhex(question["envelope"]),
        me=authority_id(question["me"]),
        peer=authority_id(question["peer"]),
        recipient_seed=bytes.fromhex(question["keys"]["recipient_seed"]),
        sender=SenderKey(bytes.fromhex(question["keys"]["sender_public"]), card_expires_at=_NEVER),
        now=parse_instant(question["now"], field="now"),
    )
    if isinstance(answer, Refusal):
        return {"result": answer.code.value, "body": None}
    return {"result": "ok", "body": answer.hex()}


def deadlines(question: Question) -> Answer:
    """Return when to warn and when it is due: {received_at, zone, urgency, access, pauses} to {alarm_50, alarm_80, due_at}.

    A pause whose answer is null still runs; what it holds up is null.
    """
    found = deadline(
        parse_instant(question["received_at"], field="received_at"),
        question["zone"],
        question["urgency"],
        question["access"],
        [
            Pause(parse_instant(asked, field="pauses"), parse_instant(answered, field="pauses") if answered else None)
            for asked, answered in question.get("pauses") or ()
        ],
    )
    times = {"alarm_50": found.alarm_50, "alarm_80": found.alarm_80, "due_at": found.due_at}
    return {name: format_instant(at) if at else None for name, at in times.items()}


def stix(question: Question) -> Answer:
    """Return what a bundle is: {text} to {result: ok, hold, or the code of the error that it deserves}."""
    text = question["text"]
    if not isinstance(text, str):
        raise SchemaError("not a text", where=Place(field="text"))
    try:
        found = list(check_all(bundle_objects(text.encode("utf-8", "surrogatepass"))))
        refused = next((one.error for one in found if isinstance(one, LeftOut)), None)
        if refused is not None:
            return {"result": refused.code}
        known = Known()
        good = [one for one in found if isinstance(one, Checked)]
        known.learn(good)
    except InputError as error:
        return {"result": error.code}
    return {"result": "hold" if any(known.missing(one) for one in good) else "ok"}


TOPICS: Final[dict[str, Callable[[Question], Answer]]] = {
    "deadlines": deadlines,
    "envelope": envelope,
    "merkle": merkle_proof,
    "policy": policy,
    "stix": stix,
}


def answer(topic: str, question: object) -> Answer:
    """Return the answer to one question, with the question's own ``id``.

    Raises:
        InputError: the question is none.
    """
    if not isinstance(question, dict) or "id" not in question:
        raise SchemaError("a question without id", where=Place(field="id"))
    try:
        return {"id": question["id"], **TOPICS[topic](question)}
    except KeyError as error:
        raise SchemaError("a question without what it needs", where=Place(field=str(error.args[0]))) from error
    except (ValueError, TypeError) as error:
        raise SchemaError(
            "a question of which a value makes no sense", fix="see: headwater conformance --help"
        ) from error
