"""LeRobotDataset v3, out and in, without importing lerobot: Parquet by pyarrow, films by PyAV.

`schema` names files and columns, `writing` writes a data set, `stats` what it tells of its numbers, `reading`
reads one by others, `films` their films. `preferences` and `progress` are what armchair adds: what people
said, and how far each frame has come by the learned reward. What the files hold: `docs/data.md`.
"""
