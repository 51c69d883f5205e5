"""`--track`: the trackers that a run is told to, as typed, and as its folder knows them."""
