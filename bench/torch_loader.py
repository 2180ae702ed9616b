"""PyTorch's DataLoader on the same work as bench.mjs: one JSON line per case.

usage: torch_loader.py CASE WORKERS [ARGUMENTS]
cases: tabular | transforms | integers | text | tokens | image FOLDER SIZE | image_u8 FOLDER SIZE | sqlite FILE
Rows per second are the median of the epochs after the first; the first batch is timed from construction.
"""
import glob
import json
import os
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


class Images(Dataset):
    """Files in one folder per class, decoded at reduced scale where that is enough, as fast as Pillow does it."""

    def __init__(self, root, size, normalise):
        from PIL import Image

        self.image, self.size, self.normalise = Image, size, normalise
        self.files = sorted(glob.glob(os.path.join(root, "*", "*")))
        self.classes = {name: i for i, name in enumerate(sorted(os.listdir(root)))}
        self.mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
        self.deviation = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        import numpy

        path = self.files[index]
        image = self.image.open(path)
        image.draft("RGB", (self.size, self.size))
        image = image.convert("RGB").resize((self.size, self.size), self.image.BILINEAR)
        pixels = torch.from_numpy(numpy.asarray(image).copy())
        if self.normalise:
            pixels = pixels.permute(2, 0, 1).float().div_(255).sub_(self.mean).div_(self.deviation)
        return pixels, self.classes[path.split(os.sep)[-2]]


class Scaled(Dataset):
    """Rows with gaps, each filled by the column's mean and brought to mean 0 and deviation 1, as a map-style dataset does it."""

    def __init__(self, count, width):
        self.rows = torch.rand(count, width)
        self.rows[torch.rand(count, width) < 0.05] = float("nan")
        self.means = self.rows.nanmean(0)
        self.deviations = torch.where(self.rows.isnan(), self.means, self.rows).std(0, correction=0)
        self.labels = torch.zeros(count, dtype=torch.int32)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        row = self.rows[index]
        filled = torch.where(row.isnan(), self.means, row)
        return (filled - self.means) / self.deviations, self.labels[index]


class Sqlite(Dataset):
    """One row by its row id, on a connection of the worker's own."""

    def __init__(self, path):
        import sqlite3

        self.path, self.database = path, None
        self.count = sqlite3.connect(path).execute("select count(*) from samples").fetchone()[0]

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if self.database is None:
            import sqlite3

            self.database = sqlite3.connect(self.path)
        row = self.database.execute("select * from samples where rowid = ?", (index + 1,)).fetchone()
        return torch.tensor(row[:-1]), row[-1]


def pad(samples):
    return pad_sequence([x for x, _ in samples], batch_first=True), torch.tensor([y for _, y in samples])


if case == "tabular":
    dataset, batch, collate = TensorDataset(torch.randn(1_000_000, 10), torch.zeros(1_000_000, dtype=torch.int32)), 256, None
elif case == "transforms":
    dataset, batch, collate = Scaled(1_000_000, 10), 256, None
elif case == "integers":
    dataset, batch, collate = list(range(200_000)), 64, None
elif case == "text":
    dataset, batch, collate = Text(20_000), 64, pad
elif case in ("image", "image_u8"):
    dataset, batch, collate = Images(sys.argv[3], int(sys.argv[4]), case == "image"), 64, None
elif case == "sqlite":
    dataset, batch, collate = Sqlite(sys.argv[3]), 256, None
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
