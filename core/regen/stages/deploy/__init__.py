"""Stage: a plan becomes a release on disk and in the history; an interrupted one ends; an earlier one is restored.

`commit`, `recover` and `rollback` go the same way: look at every path, stage what is new, make one commit record
durable, switch path by path, settle the record. A kill at any moment leaves a record that `recover` follows, or none
and the old tree.
"""

from regen.model.release import KeptEdit
from regen.stages.deploy.around import Commands
from regen.stages.deploy.commit import commit
from regen.stages.deploy.handback import hand_back
from regen.stages.deploy.recover import interrupted, recover
from regen.stages.deploy.rollback import rollback
from regen.stages.deploy.values import Committed, Edit, Interrupted, Recovered, Remerge, RolledBack, Target
from regen.stages.deploy.verified import mismatch
from regen.stages.deploy.way import Wanted

__all__ = [
    "Commands",
    "Committed",
    "Edit",
    "Interrupted",
    "KeptEdit",
    "Recovered",
    "Remerge",
    "RolledBack",
    "Target",
    "Wanted",
    "commit",
    "hand_back",
    "interrupted",
    "mismatch",
    "recover",
    "rollback",
]
