"""PyTorch's DataLoader on the same work as bench.mjs: one JSON line per case.

usage: torch_loader.py CASE WORKERS      cases: tabular | integers | text | tokens
Rows per second are the median of the epochs after the first; the first batch is timed from construction.
"""
import json
import statistics
import sys
import time

import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset, TensorDataset

torch.set_num_threads(1)
case, workers = sys.argv[1], int(sys.argv[2])


class Text(Dataset):
    """Lines of words that are looked up, as cases.mjs makes them."""

    def __init__(self, count):
        self.lines = [
            " ".join(f"Word{(i * 31 + j * j * 17) % 4000}" for j in range(5 + (i * 7919) % 24)) for i in range(count)
        ]
        self.vocabulary = {f"word{i}": i + 2 for i in range(4000)}

    def __len__(self):
        return len(self.lines)

    def __getitem__(self, index):
        get = self.vocabulary.get
        return torch.tensor([get(word, 1) for word in self.lines[index].lower().split(" ")], dtype=torch.int32), index % 2


class Tokens(Dataset):
    """Token lists whose lengths follow the index, as cases.mjs makes them."""

    def __init__(self, count):
        self.rows = [torch.arange(5 + (i * 7919) % 60, dtype=torch.int32) for i in range(count)]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return self.rows[index], index % 2


def pad(samples):
    return pad_sequence([x for x, _ in samples], batch_first=True), torch.tensor([y for _, y in samples])


if case == "tabular":
    dataset, batch, collate = TensorDataset(torch.randn(1_000_000, 10), torch.zeros(1_000_000, dtype=torch.int32)), 256, None
elif case == "integers":
    dataset, batch, collate = list(range(200_000)), 64, None
elif case == "text":
    dataset, batch, collate = Text(20_000), 64, pad
else:
    dataset, batch, collate = Tokens(20_000), 64, pad

started = time.time()
loader = DataLoader(
    dataset, batch_size=batch, shuffle=True, num_workers=workers, collate_fn=collate, persistent_workers=workers > 0
)
rates, first = [], None
for _ in range(3):
    epoch, rows = time.time(), 0
    for item in loader:
        if first is None:
            first = time.time() - started
        rows += len(item[-1]) if isinstance(item, (tuple, list)) else len(item)
    rates.append(rows / (time.time() - epoch))
print(json.dumps({"rowsPerSecond": statistics.median(rates[1:]), "firstBatchMs": first * 1e3}))
