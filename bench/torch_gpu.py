"""PyTorch's training on a GPU for gpu.mjs: the same models, batches and optimizer, in float32.

usage: torch_gpu.py MODEL SAMPLES BATCH EPOCHS      prints one line of JSON
Every epoch goes through a DataLoader with two workers over uint8 images in memory; a step takes them to float, runs
forward, loss, backward and Adam, and reads loss and accuracy, as Millrace's does. `strict` is with float32 products,
`tf32` with what PyTorch allows convolutions as it comes; `steps` is strict on a batch that lies on the GPU already.
"""
import json
import sys
import time

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

name, samples, batch_size, epochs = sys.argv[1], *map(int, sys.argv[2:5])
side, channels = {"cnn": (28, 1), "resnet18": (64, 3)}[name]


class Block(nn.Module):
    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, filters, 3, stride, 1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
            nn.Conv2d(filters, filters, 3, 1, 1, bias=False),
            nn.BatchNorm2d(filters),
        )
        same = stride == 1 and inputs == filters
        projected = nn.Sequential(nn.Conv2d(inputs, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))
        self.shortcut = nn.Identity() if same else projected

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


def resnet18():
    parts, inputs = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()], 64
    for filters, stride in [(64, 1), (128, 2), (256, 2), (512, 2)]:
        parts += [Block(inputs, filters, stride), Block(filters, filters, 1)]
        inputs = filters
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 7 * 7, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    )


def training():
    torch.manual_seed(7)
    model = {"cnn": cnn, "resnet18": resnet18}[name]().cuda()
    optimizer = torch.optim.Adam(model.parameters())

    def step(images, labels):
        answers = model(images.float() / 127.5 - 1)
        loss = nn.functional.cross_entropy(answers, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item(), (answers.argmax(1) == labels).sum().item()

    return step


def loaded(images, labels):
    """Samples per second in the last epoch."""
    step = training()
    loader = DataLoader(
        TensorDataset(images, labels),
        batch_size=batch_size,
        shuffle=True,
        num_workers=2,
        persistent_workers=True,
        pin_memory=True,
    )
    for _ in range(epochs):
        begun = time.perf_counter()
        for x, y in loader:
            step(x.cuda(non_blocking=True), y.cuda(non_blocking=True))
        seconds = time.perf_counter() - begun
    return samples / seconds


def resident(images, labels, count=100):
    """Samples per second where no data moves; the median step."""
    step = training()
    x, y = images[:batch_size].cuda(), labels[:batch_size].cuda()
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        step(x, y)
        times.append(time.perf_counter() - begun)
    return batch_size / sorted(times[count // 2 :])[count // 4]


if not torch.cuda.is_available():
    print(json.dumps({"missing": "torch sees no GPU"}))
    sys.exit()
images = torch.randint(0, 256, (samples, channels, side, side), dtype=torch.uint8)
labels = torch.arange(samples) % 10
figures = {"device": torch.cuda.get_device_name(), "version": torch.__version__}
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
figures["strict"] = loaded(images, labels)
figures["steps"] = resident(images, labels)
torch.backends.cudnn.allow_tf32 = True
figures["tf32"] = loaded(images, labels)
print(json.dumps(figures))
