"""The name of an argument → what it is, in one sentence, as an editor shows it."""

from collections.abc import Mapping

from archspec.ops.base import Op

__all__ = ["meaning"]

_EVERYWHERE: Mapping[str, str] = {
    "add_bias_kv": "Whether a learned key and value are put after the others",
    "add_zero_attn": "Whether a key and a value of zeros are put after the others",
    "affine": "Whether each channel has a learned factor and summand",
    "align_corners": "Whether the middles of the corner pixels stay where they are, not their outer corners",
    "approximate": "How Φ is computed: exactly, or through tanh",
    "bias": "Whether a learned number is added to each output feature",
    "ceil_mode": "Whether a window that hangs over the end counts",
    "chunks": "How many parts, as equal as can be",
    "count_include_pad": "Whether the padding counts in the mean",
    "dilation": "How far apart the pixels are that a window reads: 1 reads neighbours",
    "dim": "The axis, with the batch as 0; negative from the end",
    "dims": "The axes in their new order, with the batch as 0",
    "divisor_override": "What the sum is divided by, instead of the window's size",
    "downscale_factor": "How many times smaller each side becomes",
    "dropout": "The share of attention weights that is zeroed in training",
    "elementwise_affine": "Whether each element has a learned factor, and a summand where there is a bias",
    "embed_dim": "The size of a token; inferred from the input",
    "embedding_dim": "The size of the vector for each number",
    "end": "Where the slice ends, exclusive; negative from the end",
    "end_dim": "The last axis that is flattened, inclusive",
    "eps": "What keeps a division from one by zero",
    "groups": "So many groups of channels, each convolved by itself; both channel counts are multiples of it",
    "in1_features": "The size of the first input; inferred from it",
    "in2_features": "The size of the second input; inferred from it",
    "in_channels": "The channels that arrive; inferred from the input",
    "in_features": "The size of the last axis that arrives; inferred from the input",
    "index": "Which entry of the axis is taken; negative from the end",
    "init": "The value that the learned numbers begin with",
    "inplace": "Whether the result is written over the input, which saves memory",
    "k": "What is added to the sum of squares",
    "kdim": "The size of a key; that of a token if left out",
    "keepdim": "Whether the axis stays, with size 1",
    "kernel_size": "How many pixels a window has along each axis",
    "lambd": "How far from 0 a number must be to remain",
    "lower": "The least slope below 0",
    "max_norm": "The greatest length of a vector; a longer one is shortened",
    "max_val": "The greatest value of the output",
    "min_val": "The least value of the output",
    "mode": "How values between pixels are found",
    "momentum": "The share of a new batch in the running mean and variance",
    "negative_slope": "The slope below 0",
    "norm_type": "Which norm: 2 for the square root of the sum of squares",
    "normalized_shape": "The last axes, over which mean and variance are taken; inferred from the input",
    "num_channels": "The channels that arrive; inferred from the input",
    "num_embeddings": "How many numbers there are: 0 to one less",
    "num_features": "The channels that arrive; inferred from the input",
    "num_groups": "So many groups of channels, each normalized by itself",
    "num_heads": "So many attentions side by side, each on its share of a token",
    "num_parameters": "How many slopes are learned: 1, or one for each channel",
    "out_channels": "The channels that leave",
    "out_features": "The size of the last axis that leaves",
    "output_padding": "What is added to one side of the output, where several sizes would be right",
    "output_ratio": "The output's size as a share of the input's",
    "output_size": "The output's size along each axis",
    "p": "The share that is dropped in training",
    "padding": "What is added on both sides of each axis",
    "padding_idx": "The number whose vector is not learned, and is zero at first",
    "padding_mode": "What is added: zeros, or pixels of the input",
    "recompute_scale_factor": "Whether the factor is computed anew from the output's size",
    "return_indices": "Whether the places of the maxima are a second output",
    "scale": "What the input is multiplied by",
    "scale_factor": "How many times larger each side becomes",
    "scale_grad_by_freq": "Whether gradients are divided by how often a number occurs in the batch",
    "shape": "The sizes, without the batch",
    "size": "The output's size along each axis",
    "sparse": "Whether the gradient is a sparse tensor",
    "split_size_or_sections": "The size of each part, or the sizes of all",
    "start": "Where the slice begins; negative from the end",
    "start_dim": "The first axis that is flattened, with the batch as 0",
    "step": "Every which entry is taken",
    "stride": "How far a window is from the next",
    "threshold": "Where one formula gives way to another",
    "track_running_stats": "Whether mean and variance are remembered for evaluation",
    "unflattened_size": "The sizes that the axis becomes",
    "upper": "The greatest slope below 0",
    "upscale_factor": "How many times larger each side becomes",
    "value": "The value that is added or takes the place of another",
    "vdim": "The size of a value; that of a token if left out",
}
_OF_ONE: Mapping[str, str] = {
    "CELU.alpha": "The limit, negated, far below 0",
    "ChannelShuffle.groups": "So many groups of channels, which are dealt out one by one",
    "CrossMapLRN2d.alpha": "The factor of the sum of squares",
    "CrossMapLRN2d.beta": "The exponent",
    "CrossMapLRN2d.size": "Over how many neighbouring channels the squares are summed",
    "ELU.alpha": "The limit, negated, far below 0",
    "Embedding.norm_type": "The norm that `max_norm` is about",
    "LocalResponseNorm.alpha": "The factor of the sum of squares",
    "LocalResponseNorm.beta": "The exponent",
    "LocalResponseNorm.size": "Over how many neighbouring channels the squares are summed",
    "PReLU.init": "The slope that learning begins with",
    "PairwiseDistance.p": "Which norm is the distance: 2 for the square root of the sum of squares",
    "Parameter.shape": "The sizes of the stored tensor, whole",
    "Softplus.beta": "How sharply the curve bends",
    "StochasticDepth.mode": "Whether each sample is dropped by itself, or the batch as one",
}


def meaning(op: type[Op], argument: str) -> str:
    """Return what an op's argument is; empty for an op of a user's own.

    Example:
        >>> from archspec.ops import find
        >>> meaning(find("Conv2d"), "stride")
        'How far a window is from the next'
    """
    return _OF_ONE.get(f"{op.__name__}.{argument}") or _EVERYWHERE.get(argument, "")
