"""A model that looks at pictures as an annotator beside people; see docs/judge.md.

`stage` and `strips` draw what it is shown, `asking` asks it, `deciding` says what its answers are good for,
`judge` does so for one question after another. `verdicts` keeps what it said and `figures` counts it, both
without torch, which the page's server does without.
"""
