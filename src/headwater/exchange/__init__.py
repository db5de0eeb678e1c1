"""Node to node: cards, agreements, sealed envelopes, outbox, inbox, receipts and their delivery.

Data runs one way in each direction. Out: `outbox` (policy, seal, queue) -> `delivery` -> the partner. In: `inbox`
(checks, policy, store, receipt). The rules themselves are pure and stand in `envelope`, `card`, `agreement` and
`receipt`; `office` joins them for the node.
"""
