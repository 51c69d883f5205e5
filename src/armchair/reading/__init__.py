"""Reading what others wrote: every limit in one place, checked before memory is taken.

`limits` has the numbers, `files` files and links, `plain` JSON and YAML, `tensors` headers of safetensors,
`arrays` npz. All raise InvalidInput, in one line that names the file and the limit.
"""
