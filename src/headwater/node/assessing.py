"""The data protection assessment of a node, written from what is in force: settings, acts and roles, partners, clocks."""

from headwater.case.paper import Paper, Part, pdf_of
from headwater.exchange.partners import Partners
from headwater.node.node import Node
from headwater.policy.acts import GRANTS, NEEDS_PURPOSE, Act
from headwater.policy.purposes import PURPOSES
from headwater.policy.session import Session, may
from headwater.ports import Event

_PERSONAL = (Act.IDENTITY_LOOK, Act.IDENTITY_GRANT, Act.IDENTITY_ERASE, Act.TASK_LOOK, Act.TASK_DECIDE, Act.CASE_EXPORT)


def assessment(node: Node, session: Session) -> bytes:
    """Return the assessment as PDF/A; no person is named in it, and no number of persons.

    Raises:
        PolicyError: the user may not make reports.
        MissingExtraError: typst is not installed.
    """
    may(session, Act.REPORT_MAKE)
    settings = node.settings
    with node.store.snapshot() as snapshot:
        partners = [(one.authority, one.state.value) for one in Partners(node.authority).all(snapshot)]
    acts = [
        (act.value, ", ".join(sorted(GRANTS[act])), ", ".join(sorted(NEEDS_PURPOSE.get(act, ())))) for act in _PERSONAL
    ]
    clocks = [
        ("a trained person must have looked at an indicator", f"{settings.task_h:g} hours"),
        ("a duty to notify must be done", f"{settings.notify_h:g} hours" if settings.notify_h else "no such duty here"),
        ("this organisation refers by itself", "yes" if settings.first_responder else "no: it hands over"),
        ("an entry of the vault is due for erasure", f"{settings.vault_days} days"),
    ]
    parts = (
        Part(heading="Purposes", columns=(("Purpose", "1"), ("What for", "3")), rows=list(PURPOSES.items())),
        Part(
            heading="Who may do what with protected identities",
            columns=(("Act", "2"), ("Roles", "2"), ("For this purpose alone", "2")),
            rows=acts,
        ),
        Part(heading="Clocks and retention", columns=(("What", "3"), ("When", "1")), rows=clocks),
        Part(
            heading="Recipients",
            text=() if partners else ("None: this node has no partners.",),
            columns=(("Authority", "1"), ("State", "1")),
            rows=partners,
        ),
        Part(heading="Safeguards", text=_SAFEGUARDS),
    )
    paper = Paper(
        title="Data protection assessment",
        short="assessment",
        author=node.authority,
        facts=(("Node", settings.name or node.authority), ("Made from", "the settings and rules in force")),
        parts=parts,
        signing=("For the controller",),
    )
    node.store.note(Event("safeguarding.assessed", session.user, node.authority, session.purpose))
    return pdf_of(paper, node.clock.now())


_SAFEGUARDS = (
    (
        "Names, births, contacts, addresses and all else that tells who a victim or smuggled person is lie in a vault, each "
        "entry under a key of its own; elsewhere stands a random pseudonym, another one in each case."
    ),
    "A read takes a grant for one person and a time, given by a colleague, and a typed reason; it is in the ledger first.",
    (
        "Whatever leaves is looked through for these identities, inside office files, archives, PDF and pictures' data too; "
        "what cannot be opened does not leave."
    ),
    "An indicator opens a task for a trained person. There is no score of a person and no automatic referral.",
    "There is no face recognition, no biometrics, no extraction from victims' devices and no tracking of persons.",
)
