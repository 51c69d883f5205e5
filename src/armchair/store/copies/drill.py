"""`python -m armchair.store.copies.drill URL`: whether a restored store holds what was put into it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from armchair.store.integrity import check_store


def main(argv: Sequence[str]) -> int:
    """Check the store of this URL or path, a line for each check. -> 0, 1 where one fails, 2 for no URL."""
    if len(argv) != 1:
        print("usage: python -m armchair.store.copies.drill URL", file=sys.stderr)
        return 2
    findings = list(check_store(argv[0]))
    for finding in findings:
        print(f"{'ok   ' if finding.ok else 'FAULT'} {finding.name}: {finding.found}")
    return 0 if all(finding.ok for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
