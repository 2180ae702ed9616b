"""Hugging Face's tokenizers on the same text as text.mjs: byte-level BPE trained and used; one JSON line.

usage: train_bpe.py FILE SIZE
"""
import json
import sys
import time

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

path, size = sys.argv[1], int(sys.argv[2])
with open(path, encoding="utf-8") as file:
    lines = file.read().split("\n")
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
alphabet = pre_tokenizers.ByteLevel.alphabet()
trainer = trainers.BpeTrainer(vocab_size=size, min_frequency=2, initial_alphabet=alphabet, show_progress=False)
started = time.time()
tokenizer.train_from_iterator(lines, trainer)
trained = time.time() - started
started = time.time()
some = lines[: len(lines) // 4]
ids = sum(len(encoding.ids) for encoding in tokenizer.encode_batch(some))
print(json.dumps({"trainSeconds": trained, "encodeSeconds": time.time() - started, "ids": ids}))
