"""All that can be done at a node, and who may do it: one table of acts and roles.

An act is ``room:resource:verb``. What is not in the table cannot be asked for, and a role that is not listed may not.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """What a user is at this node. A user may have several roles."""

    ANALYST = "analyst"
    LIAISON = "liaison"
    SUPERVISOR = "supervisor"
    SAFEGUARDING = "safeguarding"
    DISCLOSURE = "disclosure"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Act(StrEnum):
    """Everything a user can ask a node to do."""

    RECORD_LOOK = "store:record:look"
    RECORD_ADD = "store:record:add"
    LIST_SCREEN = "match:list:screen"
    LIST_ADD = "match:list:add"
    RECORD_LINK = "match:record:link"
    TABLE_TRACE = "trace:table:run"
    DETECTION_WATCH = "watch:detection:run"
    DETECTION_WIDEN = "watch:detection:widen"
    IMAGE_SCAN = "scan:image:run"
    FIGURES_RUN = "figures:table:run"
    FIGURES_PUBLISH = "figures:table:publish"
    FINDING_LOOK = "findings:finding:look"
    FINDING_DECIDE = "findings:finding:decide"
    FINDING_RELEASE = "findings:finding:release"
    MESSAGE_LOOK = "exchange:message:look"
    MESSAGE_SEND = "exchange:message:send"
    MESSAGE_APPROVE = "exchange:message:approve"
    MESSAGE_ACCEPT = "exchange:message:accept"
    MESSAGE_REFUSE = "exchange:message:refuse"
    FACT_AMEND = "exchange:fact:amend"
    CONSENT_GIVE = "exchange:consent:give"
    PROOF_MAKE = "exchange:proof:make"
    PARTNER_LOOK = "exchange:partner:look"
    PARTNER_ADD = "exchange:partner:add"
    PARTNER_CONFIRM = "exchange:partner:confirm"
    PARTNER_SUSPEND = "exchange:partner:suspend"
    PARTNER_REVOKE = "exchange:partner:revoke"
    AGREEMENT_SIGN = "exchange:agreement:sign"
    CASE_LOOK = "case:file:look"
    CASE_OPEN = "case:file:open"
    CASE_ADD = "case:file:add"
    CASE_SCHEDULE = "case:file:schedule"
    CASE_SEAL = "case:file:seal"
    CASE_VERIFY = "case:file:verify"
    CASE_EXPORT = "case:file:export"
    IDENTITY_LOOK = "store:identity:look"
    IDENTITY_GRANT = "store:identity:grant"
    IDENTITY_ERASE = "store:identity:erase"
    ITEM_RELEASE = "case:item:release"
    INDICATOR_REPORT = "case:indicator:report"
    TASK_LOOK = "case:task:look"
    TASK_DECIDE = "case:task:decide"
    SUSPECT_MAKE = "case:suspect:make"
    SUSPECT_APPROVE = "case:suspect:approve"
    SAFEGUARD_APPROVE = "exchange:safeguard:approve"
    LEDGER_SHOW = "audit:ledger:show"
    LEDGER_VERIFY = "audit:ledger:verify"
    REPORT_MAKE = "audit:report:make"
    SETTINGS_SHOW = "node:settings:show"
    SETTINGS_CHANGE = "node:settings:change"
    USER_CHANGE = "node:user:change"
    KEY_CHANGE = "node:key:change"
    NODE_CHECK = "node:store:check"
    NODE_BACK_UP = "node:store:save"
    COLLECTION_CHANGE = "cyber:collection:change"


def _roles(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


EVERYBODY: Final = frozenset(Role)
OFFICERS: Final = _roles(Role.ANALYST, Role.LIAISON, Role.SUPERVISOR, Role.SAFEGUARDING, Role.DISCLOSURE)
"""Those who work on cases: they see records. Auditors and administrators do not."""
INVESTIGATORS: Final = _roles(Role.ANALYST, Role.LIAISON, Role.SUPERVISOR)
EXCHANGERS: Final = _roles(Role.LIAISON, Role.SUPERVISOR)
CASE_BUILDERS: Final = _roles(Role.ANALYST, Role.SUPERVISOR, Role.DISCLOSURE)

GRANTS: Final = MappingProxyType(
    {
        Act.RECORD_LOOK: OFFICERS,
        Act.RECORD_ADD: OFFICERS,
        Act.LIST_SCREEN: OFFICERS,
        Act.LIST_ADD: INVESTIGATORS | {Role.ADMIN},
        Act.RECORD_LINK: INVESTIGATORS,
        Act.TABLE_TRACE: INVESTIGATORS,
        Act.DETECTION_WATCH: INVESTIGATORS,
        Act.DETECTION_WIDEN: _roles(Role.SUPERVISOR),
        Act.IMAGE_SCAN: INVESTIGATORS,
        Act.FIGURES_RUN: INVESTIGATORS,
        Act.FIGURES_PUBLISH: _roles(Role.SUPERVISOR),
        Act.FINDING_LOOK: OFFICERS,
        Act.FINDING_DECIDE: OFFICERS,
        Act.FINDING_RELEASE: EXCHANGERS,
        Act.MESSAGE_LOOK: OFFICERS,
        Act.MESSAGE_SEND: EXCHANGERS,
        Act.MESSAGE_APPROVE: _roles(Role.SUPERVISOR),
        Act.MESSAGE_ACCEPT: EXCHANGERS,
        Act.MESSAGE_REFUSE: EXCHANGERS,
        Act.FACT_AMEND: EXCHANGERS,
        Act.CONSENT_GIVE: _roles(Role.SUPERVISOR),
        Act.PROOF_MAKE: EXCHANGERS | {Role.AUDITOR, Role.DISCLOSURE},
        Act.PARTNER_LOOK: EVERYBODY,
        Act.PARTNER_ADD: _roles(Role.ADMIN),
        Act.PARTNER_CONFIRM: EXCHANGERS,
        Act.PARTNER_SUSPEND: _roles(Role.SUPERVISOR, Role.ADMIN),
        Act.PARTNER_REVOKE: _roles(Role.SUPERVISOR),
        Act.AGREEMENT_SIGN: _roles(Role.SUPERVISOR),
        Act.CASE_LOOK: OFFICERS,
        Act.CASE_OPEN: CASE_BUILDERS,
        Act.CASE_ADD: CASE_BUILDERS,
        Act.CASE_SCHEDULE: _roles(Role.DISCLOSURE),
        Act.CASE_SEAL: _roles(Role.SUPERVISOR, Role.DISCLOSURE),
        Act.CASE_VERIFY: EVERYBODY,
        Act.CASE_EXPORT: _roles(Role.DISCLOSURE),
        Act.IDENTITY_LOOK: _roles(Role.SAFEGUARDING),
        Act.IDENTITY_GRANT: _roles(Role.SAFEGUARDING),
        Act.IDENTITY_ERASE: _roles(Role.SAFEGUARDING),
        Act.ITEM_RELEASE: _roles(Role.SAFEGUARDING),
        Act.INDICATOR_REPORT: OFFICERS,
        Act.TASK_LOOK: _roles(Role.SAFEGUARDING),
        Act.TASK_DECIDE: _roles(Role.SAFEGUARDING),
        Act.SUSPECT_MAKE: INVESTIGATORS,
        Act.SUSPECT_APPROVE: _roles(Role.SUPERVISOR),
        Act.SAFEGUARD_APPROVE: _roles(Role.SAFEGUARDING),
        Act.LEDGER_SHOW: _roles(Role.AUDITOR),
        Act.LEDGER_VERIFY: EVERYBODY,
        Act.REPORT_MAKE: _roles(Role.AUDITOR, Role.SUPERVISOR),
        Act.SETTINGS_SHOW: _roles(Role.ADMIN, Role.AUDITOR),
        Act.SETTINGS_CHANGE: _roles(Role.ADMIN),
        Act.USER_CHANGE: _roles(Role.ADMIN),
        Act.KEY_CHANGE: _roles(Role.ADMIN),
        Act.NODE_CHECK: _roles(Role.ADMIN, Role.AUDITOR),
        Act.NODE_BACK_UP: _roles(Role.ADMIN),
        Act.COLLECTION_CHANGE: _roles(Role.ADMIN),
    }
)
"""Who may do what. No role may do everything: who changes users does not see records, who sends does not approve alone."""

NEEDS_PURPOSE: Final = MappingProxyType(
    {
        Act.IDENTITY_LOOK: frozenset({"victim-protection"}),
        Act.IDENTITY_GRANT: frozenset({"victim-protection"}),
        Act.IDENTITY_ERASE: frozenset({"victim-protection"}),
        Act.ITEM_RELEASE: frozenset({"victim-protection"}),
        Act.TASK_LOOK: frozenset({"victim-protection"}),
        Act.TASK_DECIDE: frozenset({"victim-protection"}),
        Act.SAFEGUARD_APPROVE: frozenset({"victim-protection"}),
    }
)
"""Acts that may be done for some purposes only."""
