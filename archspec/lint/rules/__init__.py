"""The rules, written by hand in the order of their codes."""

from archspec.lint.rule import Rule
from archspec.lint.rules.bias_before_norm import BiasBeforeNorm
from archspec.lint.rules.channels_last import ChannelsLast
from archspec.lint.rules.constant_condition import ConstantCondition
from archspec.lint.rules.dead_block import DeadBlock
from archspec.lint.rules.dead_init import DeadInit
from archspec.lint.rules.dead_layer import DeadLayer
from archspec.lint.rules.dead_parameter import DeadParameter
from archspec.lint.rules.dropout_before_norm import DropoutBeforeNorm
from archspec.lint.rules.enlarging_pool import EnlargingPool
from archspec.lint.rules.fixed_input_size import FixedInputSize
from archspec.lint.rules.idle_activation import IdleActivation
from archspec.lint.rules.idle_argument import IdleArgument
from archspec.lint.rules.idle_override import IdleOverride
from archspec.lint.rules.lonely_bias import LonelyBias
from archspec.lint.rules.missing_expect import MissingExpect
from archspec.lint.rules.no_effect import NoEffect
from archspec.lint.rules.norm_of_one import NormOfOne
from archspec.lint.rules.norm_over_width import NormOverWidth
from archspec.lint.rules.nothing_between import NothingBetween
from archspec.lint.rules.odd_channels import OddChannels
from archspec.lint.rules.outgrown_expect import OutgrownExpect
from archspec.lint.rules.output_dropout import OutputDropout
from archspec.lint.rules.output_softmax import OutputSoftmax
from archspec.lint.rules.padding_only import PaddingOnly
from archspec.lint.rules.patch_remainder import PatchRemainder
from archspec.lint.rules.repeated_layer import RepeatedLayer
from archspec.lint.rules.same_operand import SameOperand
from archspec.lint.rules.single_value_batch import SingleValueBatch
from archspec.lint.rules.skipped_pixels import SkippedPixels
from archspec.lint.rules.small_receptive_field import SmallReceptiveField
from archspec.lint.rules.softmax_of_one import SoftmaxOfOne
from archspec.lint.rules.squashed_twice import SquashedTwice
from archspec.lint.rules.total_dropout import TotalDropout
from archspec.lint.rules.unflattened_map import UnflattenedMap
from archspec.lint.rules.unread_output import UnreadOutput
from archspec.lint.rules.unread_pixels import UnreadPixels
from archspec.lint.rules.unread_weights import UnreadWeights
from archspec.lint.rules.void_inplace import VoidInplace

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    BiasBeforeNorm(),
    DeadLayer(),
    DeadParameter(),
    DeadBlock(),
    UnreadOutput(),
    ConstantCondition(),
    OutgrownExpect(),
    IdleOverride(),
    MissingExpect(),
    DeadInit(),
    NoEffect(),
    IdleArgument(),
    IdleActivation(),
    NothingBetween(),
    RepeatedLayer(),
    SoftmaxOfOne(),
    NormOfOne(),
    SameOperand(),
    VoidInplace(),
    UnreadWeights(),
    PaddingOnly(),
    SkippedPixels(),
    PatchRemainder(),
    UnreadPixels(),
    EnlargingPool(),
    SmallReceptiveField(),
    FixedInputSize(),
    UnflattenedMap(),
    NormOverWidth(),
    ChannelsLast(),
    SquashedTwice(),
    DropoutBeforeNorm(),
    TotalDropout(),
    OutputDropout(),
    OutputSoftmax(),
    SingleValueBatch(),
    LonelyBias(),
    OddChannels(),
)
