"""The page: where people answer, and where a run is looked after. `create_app` in `app`, `serve` in `serve`.

It meets the trainer in the store and nowhere else, and imports no torch, so that it stays small beside it.
"""
