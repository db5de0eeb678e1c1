"""Case files and evidence: exhibits, their chain of custody, the seal, and the verifier that a stranger can run.

`folder.new_case` reads a case folder, `check.check` says what it lacks, `bundle.seal` seals it, `verifier.verify` checks
what was sealed.
"""
