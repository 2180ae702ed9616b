"""PyTorch's training steps for steps.mjs: the same models on the same data, on CPU.

usage: torch_steps.py THREADS      then lines "MODEL STEPS" on stdin; answers each with a JSON list of milliseconds
A step takes uint8 images to float, runs forward, loss, backward and Adam, and reads loss and accuracy.
"""
import json
import sys
import time

import torch
from torch import nn

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(7)
MODELS = {
    "mlp": lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)),
    "cnn": lambda: nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 10),
    ),
}
images = torch.randint(0, 256, (64, 1, 28, 28), dtype=torch.uint8)
labels = torch.randint(0, 10, (64,))
kept = {}
for name, make in MODELS.items():
    model = make()
    kept[name] = (model, torch.optim.Adam(model.parameters()))


def step(model, optimizer):
    answers = model(images.float() / 255)
    loss = nn.functional.cross_entropy(answers, labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item(), (answers.argmax(1) == labels).sum().item()


for line in sys.stdin:
    name, steps = line.split()
    times = []
    for _ in range(int(steps)):
        begun = time.perf_counter()
        step(*kept[name])
        times.append((time.perf_counter() - begun) * 1000)
    print(json.dumps(times), flush=True)
