"""Parameters and conditions that statements share.

A statement that is run often is made once, at the top of its module: making it takes longer than running it.
"""

from __future__ import annotations

import sqlalchemy as sa

from armchair.store.schema import leases, questions

LONGEST_LEASE = 3600.0  # s

ID = sa.bindparam("id", type_=sa.String)
IDS = sa.bindparam("ids", expanding=True)
ANNOTATOR = sa.bindparam("annotator", type_=sa.String)
NOW = sa.bindparam("now", type_=sa.Double[float]())  # s since the epoch

LIVE = sa.and_(leases.c.expires > NOW, leases.c.expires <= NOW + LONGEST_LEASE)
"""Whether a lease still runs.

One that would run on for longer than any is given for was given before the clock was set back: it has
ended, or else nobody would get its question until the clock is there again.
"""

OF_WISH = questions.c.wish.is_not_distinct_from(sa.bindparam("wish", type_=sa.String))
"""Whether a question is of a wish, by its name; None: of the skill."""
