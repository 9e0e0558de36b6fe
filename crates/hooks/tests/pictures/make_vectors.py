#!/usr/bin/env python3
"""Makes pdq.json and the picture files beside it, with the reference implementation of PDQ behind `pdqhash`.

    cargo test -p airlock-hooks --test pictures -- --ignored paint_for_the_reference
    python3 -m venv .venv && .venv/bin/pip install pdqhash==0.2.8 pillow==13.0.0 scikit-image==0.26.0
    .venv/bin/python crates/hooks/tests/pictures/make_vectors.py target/painted

The first command paints pictures by seed, as raw pixels. The files are samples of scikit-image that are in the
public domain or CC0, made small, in several formats: the reference hashes what Pillow decodes of them, and our test
what our decoders do.
"""

import hashlib
import json
import pathlib
import sys

import numpy
import pdqhash
import PIL
from PIL import Image
from skimage import data

HERE = pathlib.Path(__file__).resolve().parent

# Public domain (NASA) or CC0, as `skimage.data` documents for each.
SAMPLES = ["astronaut", "camera", "chelsea", "coffee", "brick", "grass", "gravel", "rocket", "hubble_deep_field"]
# Longest side of a committed sample, in pixels.
SIDE = 160
# How each sample is saved in turn: file ending, and Pillow's options.
FORMATS = [
    ("jpg", dict(quality=90, subsampling="4:4:4")),
    ("jpg", dict(quality=85, subsampling="4:2:0")),
    ("jpg", dict(quality=75, progressive=True)),
    ("jpg", dict(quality=30, subsampling="4:2:0")),
    ("png", dict(optimize=True)),
    ("webp", dict(quality=80)),
    ("jpg", dict(quality=60, subsampling="4:2:2")),
    ("webp", dict(lossless=True)),
    ("jpg", dict(quality=95, progressive=True, subsampling="4:2:0")),
]


def hexadecimal(bits):
    return numpy.packbits(bits.astype(numpy.uint8)).tobytes().hex()


def hashed(pixels):
    pixels = numpy.ascontiguousarray(pixels)
    bits, quality = pdqhash.compute(pixels)
    turned, _ = pdqhash.compute_dihedral(pixels)
    return {
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "quality": int(quality),
        "hash": hexadecimal(bits),
        "turned": [hexadecimal(bits) for bits in turned],
    }


def painted(folder):
    for path in sorted(folder.glob("*.rgb")):
        seed, width, height = (int(part) for part in path.stem.split("-"))
        raw = path.read_bytes()
        pixels = numpy.frombuffer(raw, dtype=numpy.uint8).reshape(height, width, 3)
        yield {"seed": seed, "pixels": hashlib.sha256(raw).hexdigest(), **hashed(pixels)}


def files():
    for place, name in enumerate(SAMPLES):
        picture = Image.fromarray(getattr(data, name)())
        picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        for ending, options in (FORMATS[place], FORMATS[(place + 1) % len(FORMATS)]):
            path = HERE / f"{name}-{FORMATS.index((ending, options))}.{ending}"
            picture.save(path, **options)
            yield {"file": path.name, **hashed(numpy.asarray(Image.open(path).convert("RGB")))}


def megapixel():
    """For the benchmark: one megapixel, as large as a picture that a messenger sends."""
    picture = Image.fromarray(data.astronaut()).resize((1024, 1024), Image.Resampling.LANCZOS)
    picture.save(HERE / "megapixel.jpg", quality=75, subsampling="4:2:0")


def main():
    vectors = {
        "reference": "pdqhash 0.2.8 (PyPI), decoding with Pillow " + PIL.__version__,
        "painted": list(painted(pathlib.Path(sys.argv[1]))),
        "files": list(files()),
    }
    megapixel()
    (HERE / "pdq.json").write_text(json.dumps(vectors, indent=1) + "\n")


main()
