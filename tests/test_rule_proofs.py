"""What rules say is so, shown by torch: on the very spec that a rule gives as its example."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

import archspec
from archspec.lint.rules import RULES

EXAMPLES = {rule.code: archspec.loads(rule.catches) for rule in RULES}


def built(code: str) -> tuple[nn.Module, torch.Tensor]:
    """Return the example's module in training, and a batch that it reads."""
    net = EXAMPLES[code]
    return net.build(seed=0).train(), torch.randn(4, *net.input_shape)  # type: ignore[misc]  # one input


def through(module: nn.Module, x: torch.Tensor, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what a layer of the module reads and gives."""
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []
    handle = module.get_submodule(name).register_forward_hook(lambda _, args, out: seen.append((args[0].clone(), out)))
    module(x)
    handle.remove()
    return seen[0]


def test_the_bias_before_a_norm_has_no_effect() -> None:
    module, x = built("AS310")
    before = module(x)
    nn.init.constant_(module.get_submodule("conv").bias, 3.0)
    torch.testing.assert_close(module(x), before, atol=1e-4, rtol=1e-4)


def test_an_outgrown_expect_holds_for_another_network() -> None:
    rule = next(rule for rule in RULES if rule.code == "AS316")
    wider = [
        text.replace("out_channels: 8", "out_channels: 10").replace("[8,", "[10,")
        for text in (rule.catches, rule.spares)
    ]
    assert archspec.loads(wider[0]).macs == 1.25 * EXAMPLES["AS316"].macs
    with pytest.raises(archspec.SpecError, match=r"243,000 MACs, and 1\.9e5 is expected"):
        archspec.loads(wider[1])


LEFT_OUT = """\
archspec: 1
input: [3, 32, 32]
parameters: {pooled: false}
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
  pool: {op: MaxPool2d, kernel_size: 2, when: pooled, expect: [1, 2, 3]}
"""


def test_what_a_layer_expects_that_is_left_out_is_never_held(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(LEFT_OUT, encoding="utf-8")
    (tmp_path / "net.yaml").write_text(
        "archspec: 1\nextends: base.yaml\nparameters: {pooled: true}\n", encoding="utf-8"
    )
    nets = archspec.loads(LEFT_OUT), archspec.loads(LEFT_OUT, pooled=True), archspec.load(tmp_path / "net.yaml")
    assert [net.output_shape for net in nets] == [(8, 30, 30), (8, 15, 15), (8, 15, 15)]


def test_without_an_idle_override_the_module_is_the_same() -> None:
    rule = next(rule for rule in RULES if rule.code == "AS317")
    assert (
        archspec.loads(rule.catches.replace(", stride: 1}\n  unit2", "}\n  unit2")).source()
        == EXAMPLES["AS317"].source()
    )


def test_a_dead_layer_gets_no_gradient() -> None:
    module, x = built("AS311")
    module(x).sum().backward()
    assert [name for name, weight in module.named_parameters() if weight.grad is None] == ["conv1.weight", "conv1.bias"]


@pytest.mark.parametrize(("code", "name"), [("AS320", "pool"), ("AS322", "relu2")])
def test_a_layer_without_effect_gives_what_it_reads(code: str, name: str) -> None:
    reads, gives = through(*built(code), name)
    assert torch.equal(reads, gives)


def test_two_linear_layers_are_one() -> None:
    module, x = built("AS323")
    first, second = module.get_submodule("fc1"), module.get_submodule("fc2")
    one = x @ (second.weight @ first.weight).T + second.weight @ first.bias + second.bias
    torch.testing.assert_close(module(x), one, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("code", ["AS325", "AS326"])
def test_over_one_value_the_input_does_not_matter(code: str) -> None:
    module, x = built(code)
    torch.testing.assert_close(module(x), module(torch.randn_like(x)), atol=1e-4, rtol=0)


def test_one_operand_twice_is_twice_the_value() -> None:
    module, x = built("AS327")
    _, relu = through(module, x, "relu")
    assert torch.equal(module(x), 2 * relu)


def test_unread_weights_get_no_gradient() -> None:
    module, x = built("AS330")
    module(x).square().sum().backward()
    gradient = module.get_submodule("conv").weight.grad
    assert int((gradient != 0).sum()) == int((gradient[:, :, 1, 1] != 0).sum()) == 8 * 3


def test_a_window_of_padding_gives_the_bias() -> None:
    module, x = built("AS331")
    border = module(x)[:, :, 0, 0]
    torch.testing.assert_close(border, module.get_submodule("conv").bias.expand_as(border))


@pytest.mark.parametrize(("code", "unread"), [("AS332", 9), ("AS333", 6), ("AS334", 1)])
def test_unread_pixels_get_no_gradient(code: str, unread: int) -> None:
    module, x = built(code)
    x.requires_grad_()
    module(x).square().sum().backward()
    assert x.grad is not None
    assert int((x.grad.abs().sum(dim=(0, 1, 3)) == 0).sum()) == unread  # rows


def test_an_enlarging_pool_gives_no_more_than_it_reads() -> None:
    module, _ = built("AS335")
    reads, gives = through(module, torch.randn(64, 3, 32, 32), "pool")
    ranks = [int(torch.linalg.matrix_rank(maps[:, 0].flatten(1))) for maps in (reads, gives)]
    assert ranks == [16, 16]


def test_a_softmax_of_a_relu_cannot_tell_logits_below_0() -> None:
    module, x = built("AS350")
    logits, gives = through(module, x, "relu")[0], module(x)
    lowest = gives.min(dim=1, keepdim=True).values
    assert torch.equal(logits < 0, gives == lowest)


def test_a_dropout_of_everything_leaves_nothing() -> None:
    reads, gives = through(*built("AS352"), "drop")
    assert reads.any()
    assert not gives.any()


def test_a_batch_of_one_cannot_train() -> None:
    module, x = built("AS355")
    with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
        module(x[:1])


@pytest.mark.parametrize(("side", "fits"), [(27, True), (28, True), (29, False), (56, False)])
def test_the_weights_take_few_sizes(side: int, fits: bool) -> None:
    module, _ = built("AS337")
    run: Callable[[], torch.Tensor] = lambda: module(torch.randn(1, 1, side, side))  # noqa: E731
    if fits:
        run()
    else:
        with pytest.raises(RuntimeError, match="cannot be multiplied"):
            run()
