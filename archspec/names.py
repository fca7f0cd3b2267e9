"""Which names a spec may give to layers, blocks and parameters, so that each is a legal, live Python attribute."""

import keyword
import re

__all__ = [
    "MODULE_ATTRIBUTES",
    "RESERVED_KEYS",
    "SHARED_KEYS",
    "input_name_problem",
    "layer_name_problem",
    "parameter_name_problem",
    "type_name_problem",
]

SHARED_KEYS = ("from", "when", "repeat", "name", "inline", "expect")
"""What any layer may carry beside its arguments."""

RESERVED_KEYS = ("share", "with", "meta", "doc", "dtype")
"""Kept for a later version of the language."""

_IDENTIFIER = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_LONGEST = 64

# dir(torch.nn.Module()) without the names that begin with two underscores, plus what nn.Sequential adds: a submodule
# of such a name would hide a method or be refused by torch. A test compares it with the installed torch.
MODULE_ATTRIBUTES = frozenset(
    """
    T_destination add_module append apply bfloat16 buffers call_super_init children compile cpu cuda double
    dump_patches eval extend extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half
    insert ipu load_state_dict modules mtia named_buffers named_children named_modules named_parameters parameters
    pop register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty
    train training type xpu zero_grad _apply _backward_hooks _backward_pre_hooks _buffers _call_impl
    _compiled_call_impl _forward_hooks _forward_hooks_always_called _forward_hooks_with_kwargs _forward_pre_hooks
    _forward_pre_hooks_with_kwargs _get_backward_hooks _get_backward_pre_hooks _get_item_by_idx _get_name
    _is_full_backward_hook _load_from_state_dict _load_state_dict_post_hooks _load_state_dict_pre_hooks
    _maybe_warn_non_full_backward_hook _modules _named_members _non_persistent_buffers_set _parameters
    _register_load_state_dict_pre_hook _register_state_dict_hook _replicate_for_data_parallel _save_to_state_dict
    _slow_forward _state_dict_hooks _state_dict_pre_hooks _version _wrapped_call_impl
    """.split()  # noqa: SIM905
)


def input_name_problem(name: str) -> str | None:
    """Say why an input of the model may not be called `name`; None if it may."""
    return _identifier_problem(name)


def layer_name_problem(name: str) -> str | None:
    """Say why a layer may not be called `name`; None if it may."""
    if problem := _identifier_problem(name):
        return problem
    if name == "input":
        return "input is what a scope reads"
    if name in MODULE_ATTRIBUTES:
        return f"every torch module already has an attribute {name}"
    return None


def type_name_problem(name: str) -> str | None:
    """Say why a block may not be called `name`; None if it may."""
    if problem := _identifier_problem(name):
        return problem
    if name[0].isupper():
        return None
    words = "".join(f"{word[0].upper()}{word[1:]}" for word in name.split("_") if word)
    return f"a block's name begins with a capital letter{words and f', as {words} does'}"


def parameter_name_problem(name: str) -> str | None:
    """Say why a parameter may not be called `name`; None if it may."""
    if problem := _identifier_problem(name):
        return problem
    if name[0].isupper():
        return "a capitalised name is an op or a block"
    if name in (
        *SHARED_KEYS,
        *RESERVED_KEYS,
        "op",
        "block",
        "layers",
        "input",
        "output",
        "index",
        "training",
    ):
        return f"{name} has a meaning of its own in a layer"
    if name in ("ops", "limits"):
        return f"{name} is an argument of archspec.load"
    if name in ("true", "false", "and", "or", "not", "if", "else", "self"):
        return f"{name} is a word of the language"
    return None


def _identifier_problem(name: str) -> str | None:
    if len(name) > _LONGEST:
        return f"it has {len(name)} characters; at most {_LONGEST} are allowed"
    if not name.isascii():
        odd = next(character for character in name if not character.isascii())
        return f"it holds {odd!r} (U+{ord(odd):04X}), and a name is made of ASCII letters, digits and _"
    if not _IDENTIFIER.fullmatch(name):
        return "a name is made of ASCII letters, digits and _, and does not begin with a digit"
    if name.startswith("__"):
        return "a name does not begin with two underscores"
    if keyword.iskeyword(name):
        return f"{name} is a keyword of Python"
    return None
