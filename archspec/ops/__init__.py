"""The vocabulary: an op's name comes in, its class goes out, built only when it is first looked up."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType

from archspec.diagnostic import ArchspecError
from archspec.names import type_name_problem
from archspec.ops.base import Op

__all__ = ["ARGUMENTS", "FOREIGN", "LAYERS", "REFUSED", "Vocabulary", "find", "names"]

# Every op, under the module of this package that declares it. A module is imported when one of its ops is
# first looked up: building every class would take longer than checking a spec.
_MODULES: Mapping[str, str] = {
    "activation": (
        "CELU ELU GELU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid Mish PReLU RReLU "
        "ReLU ReLU6 SELU SiLU Sigmoid Softplus Softshrink Softsign Tanh Tanhshrink Threshold"
    ),
    "adaptive": (
        "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d "
        "AdaptiveMaxPool3d FractionalMaxPool2d FractionalMaxPool3d"
    ),
    "attention": "MultiheadAttention",
    "batchnorm": "BatchNorm1d BatchNorm2d BatchNorm3d InstanceNorm1d InstanceNorm2d InstanceNorm3d",
    "conv": "Conv1d Conv2d Conv3d",
    "distance": "CosineSimilarity PairwiseDistance",
    "dropout": "AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout",
    "fold": "Fold Unfold",
    "linear": "Bilinear Embedding Identity Linear",
    "merge": "Add Concat MatMul Multiply Stack Subtract",
    "norm": "CrossMapLRN2d GroupNorm LayerNorm LocalResponseNorm RMSNorm",
    "pad": (
        "CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d "
        "ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d "
        "ReplicationPad3d ZeroPad1d ZeroPad2d ZeroPad3d"
    ),
    "pool": ("AvgPool1d AvgPool2d AvgPool3d LPPool1d LPPool2d LPPool3d MaxPool1d MaxPool2d MaxPool3d"),
    "reshape": "Flatten Mean Permute Reshape Unflatten",
    "sampling": "Upsample UpsamplingBilinear2d UpsamplingNearest2d",
    "shuffle": "ChannelShuffle PixelShuffle PixelUnshuffle",
    "softmax": "GLU LogSoftmax Softmax Softmax2d Softmin",
    "split": "Chunk Select Slice Split",
    "transposed": "ConvTranspose1d ConvTranspose2d ConvTranspose3d",
    "vision": "LayerNorm2d Parameter Scale StochasticDepth",
}
_HOMES: Mapping[str, str] = {name: module for module, listed in _MODULES.items() for name in listed.split()}

_RECURRENT = "a recurrent layer has state besides its output; version 1 has feed-forward layers alone"
_TRANSFORMER = "write it as a block of MultiheadAttention, LayerNorm, Linear, Dropout and Add"
_UNPOOL = "it needs a max pool's indices as a second output; use Upsample or ConvTranspose"
_LAZY = "what it leaves open is inferred for every op; write the op without Lazy and leave the argument out"
_CONTAINER = "layers are grouped with `layers:`, as a list (numbered) or a mapping (named)"
_LOSS = "a loss belongs to training, which a spec does not describe; let the model give what the loss reads"
_MACHINERY = "it is torch's machinery, not a layer"


def _refused() -> dict[str, str]:
    reasons = {
        "RNN LSTM GRU RNNCell LSTMCell GRUCell RNNBase RNNCellBase": _RECURRENT,
        "Transformer TransformerEncoder TransformerDecoder TransformerEncoderLayer TransformerDecoderLayer": (
            _TRANSFORMER
        ),
        "MaxUnpool1d MaxUnpool2d MaxUnpool3d": _UNPOOL,
        "LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d LazyLinear": _LAZY,
        "LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d": _LAZY,
        "LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d": _LAZY,
        "Sequential ModuleList ModuleDict Container": _CONTAINER,
        "ParameterList ParameterDict Buffer": "a learned tensor is the op Parameter, one for each",
        "AdaptiveLogSoftmaxWithLoss BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss": _LOSS,
        "CrossEntropyLoss MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss": _LOSS,
        "GaussianNLLLoss HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss LinearCrossEntropyLoss MSELoss": _LOSS,
        "MarginRankingLoss NLLLoss NLLLoss2d": _LOSS,
        "PoissonNLLLoss SmoothL1Loss SoftMarginLoss TripletMarginLoss TripletMarginWithDistanceLoss": _LOSS,
        "DataParallel Module UninitializedBuffer UninitializedParameter": _MACHINERY,
        "LinearCrossEntropyOptions": _MACHINERY,
        "EmbeddingBag": "its bags of uneven length have no fixed shape; use Embedding and then Mean",
        "SyncBatchNorm": ("use BatchNorm; sharing statistics between processes is training's affair"),
    }
    return {name: reason for listed, reason in reasons.items() for name in listed.split()}


REFUSED: Mapping[str, str] = MappingProxyType(_refused())
"""The classes of torch.nn that are no ops, each with the reason and what to use instead."""


FOREIGN: Mapping[str, str] = MappingProxyType({
    **dict.fromkeys(("Dense", "Gemm", "FullyConnected", "InnerProduct"), "Linear"),
    **dict.fromkeys(("GlobalAveragePooling2D", "GlobalAveragePool", "GlobalAvgPool2d"),
                    "{op: AdaptiveAvgPool2d, output_size: 1}"),
    **dict.fromkeys(("GlobalMaxPooling2D", "GlobalMaxPool"), "{op: AdaptiveMaxPool2d, output_size: 1}"),
    **dict.fromkeys(("Concatenate", "Cat"), "Concat"),
    "BatchNormalization": "BatchNorm1d, BatchNorm2d or BatchNorm3d",
    "LayerNormalization": "LayerNorm",
    "Swish": "SiLU",
    "DepthwiseConv2D": "Conv2d with as many groups as channels",
    "Transpose": "Permute",
    "Mul": "Multiply",
    "Sub": "Subtract",
})  # fmt: skip
"""Names of ops in Keras, Caffe and ONNX that no spelling brings near, and what they are called here."""


ARGUMENTS: Mapping[str, str] = MappingProxyType(
    {
        "alpha": "negative_slope",
        **dict.fromkeys(("axis", "axes"), "dim"),
        **dict.fromkeys(("epsilon", "variance_epsilon"), "eps"),
        **dict.fromkeys(("prob", "rate", "ratio"), "p"),
        "begin": "start",
        "scale": "scale_factor",
        "stop": "end",
        "use_bias": "bias",
    }
)
"""Arguments of other frameworks that no spelling brings near, and what they are called here."""


LAYERS: Mapping[str, str] = MappingProxyType({
    **dict.fromkeys(("act", "activation", "nonlinearity"), "ReLU or another activation"),
    **dict.fromkeys(("batch_norm", "batchnorm", "bn", "norm", "normalization"), "a norm, as BatchNorm2d,"),
    **dict.fromkeys(("drop", "drop_rate", "dropout_rate"), "Dropout"),
    **dict.fromkeys(("flatten",), "Flatten"),
    **dict.fromkeys(("pool", "pooling"), "a pool, as MaxPool2d,"),
})  # fmt: skip
"""What layers of other frameworks take as an argument, and what is written for it here."""


@lru_cache(maxsize=1024)
def find(name: str) -> type[Op] | None:
    """Return the bundled op of that name, or None.

    Example:
        >>> find("Conv2d").__name__
        'Conv2d'
        >>> find("Conv2D") is None
        True
    """
    home = _HOMES.get(name)
    if home is None:
        return None
    op: type[Op] = getattr(import_module(f"archspec.ops.{home}"), name)
    return op


def names() -> tuple[str, ...]:
    """Return the names of all bundled ops, sorted."""
    return tuple(sorted(_HOMES))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The ops that a spec may name: the bundled ones, and a user's own subclasses of `Op`.

    Raises: ArchspecError: if one of the user's ops is no subclass of Op, bears the name of a bundled one, of another
    of them or of a layer of torch.nn that is none, or is not named as an op.
    """

    extra: tuple[type[Op], ...] = ()

    def __post_init__(self) -> None:
        for op in self.extra:
            if not (isinstance(op, type) and issubclass(op, Op)):
                raise ArchspecError(f"{op!r} is no op: an op is a subclass of archspec.Op")
            name, place = op.__name__, f"{op.__module__}.{op.__qualname__}"
            if name in _HOMES or name in REFUSED:
                raise ArchspecError(f"{place} cannot be an op: {name} is already a layer of torch.nn or of archspec")
            if any(other.__name__ == name for other in self.extra if other is not op):
                raise ArchspecError(f"{place} cannot be an op: two ops that are switched on are named {name}")
            if not name[:1].isupper() or type_name_problem(name):
                raise ArchspecError(f"{place} cannot be an op: an op's name begins with a capital letter and is ASCII")

    def find(self, name: str) -> type[Op] | None:
        """Return the op of that name, or None."""
        return find(name) or next((op for op in self.extra if op.__name__ == name), None)

    def names(self) -> tuple[str, ...]:
        """Return the names of all ops, sorted."""
        return tuple(sorted([*_HOMES, *(op.__name__ for op in self.extra)]))
