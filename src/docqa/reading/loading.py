"""Finding and loading a reader: one that ships, a folder, or a model of the Hugging Face hub."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docqa.errors import ReaderError, ReaderNotFoundError, UsageError
from docqa.memory import keep_freed_memory
from docqa.reading.arithmetic import Arithmetic, choose_arithmetic, is_fast_here
from docqa.reading.eight_bit import eight_bit_files, load_eight_bit
from docqa.reading.settings import ReaderSettings, load_settings

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from docqa.reading.unpadded import UnpaddedModel

#: The readers that ship lie here, one folder each.
READERS_FOLDER = Path(__file__).resolve().parent.parent / "readers"
DEFAULT_READER = "docqa-base"
#: How long the hub may take to say whether it has a model.
HUB_SECONDS = 10.0


@dataclass(frozen=True)
class LoadedReader:
    """A model ready to read with: on its device, in its arithmetic, in evaluation mode."""

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    settings: ReaderSettings
    device: torch.device
    arithmetic: Arithmetic
    #: Where it lies, None when it is of the hub or in training.
    folder: Path | None = None
    #: The model as one that reads without padding, on a CPU, for the kinds for which docqa has it.
    unpadded: UnpaddedModel | None = None


def shipped_readers() -> list[str]:
    """The names of the readers that ship, sorted."""
    return sorted(folder.parent.name for folder in READERS_FOLDER.glob("*/config.json"))


def find_reader(name: str) -> str | Path:
    """The folder of a reader that ships or lies at a path, else the name as one of the hub.

    Raises `ReaderNotFoundError` when the name is a path at which there is no reader.
    """
    if name in shipped_readers():
        return READERS_FOLDER / name
    folder = _folder(name)
    if folder is not None:
        if not (folder / "config.json").exists():
            raise ReaderNotFoundError(f"The folder {name} holds no reader (it has no config.json). {_advice()}")
        return folder
    if name != name.strip() or not name or name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name:
        raise ReaderNotFoundError(f"There is no reader at {name!r}. {_advice()}")
    return name


def load_reader(name: str, *, unsafe_weights: bool = False, arithmetic: Arithmetic | None = None) -> LoadedReader:
    """Load a reader for answering.

    `arithmetic` None takes what `choose_arithmetic` finds best here; the start and end vectors are always computed in
    float32, so that scores are not rounded to three digits. The process keeps memory that it has given up (see
    `docqa.memory`). Raises `ReaderNotFoundError` when it cannot be found or fetched, `ReaderError` when it is
    not an extractive reader, `UsageError` for an arithmetic whose sums would not be exact here. `unsafe_weights` allows
    weights that are not safetensors, which can run code when they are loaded.
    """
    import torch

    from docqa.reading.attention import attention_in
    from docqa.reading.unpadded import unpadded
    from docqa.reading.whole_numbers import DIGITS, use_whole_numbers

    source = find_reader(name)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    keep_freed_memory()
    settings = load_settings(source) if isinstance(source, Path) else ReaderSettings()
    if arithmetic is None:
        eight_bit = isinstance(source, Path) and bool(eight_bit_files(source))
        arithmetic = choose_arithmetic(device, eight_bit=eight_bit, mended=settings.close_int8 > 0.0)
    elif arithmetic in DIGITS and not is_fast_here(arithmetic):
        raise UsageError(
            f"This machine cannot compute in {arithmetic}: that takes a CPU whose sums of products of bytes are exact "
            "(VNNI), and no GPU beside it. Leave the arithmetic out, or ask for float32."
        )
    model, tokenizer, missing = _load(source, name, unsafe_weights=unsafe_weights, attention=None)
    if missing:
        raise ReaderError(
            f"{name} is not an extractive question answering model: it has no start and end vectors. "
            f"Train them with `docqa train FILE... --base {name} --out FOLDER`."
        )
    if model.config.model_type == "mpnet" and device.type != "cpu":
        from docqa.reading.mpnet import use_fused_attention

        use_fused_attention(model)
    head = getattr(model, "qa_outputs", None)
    if not isinstance(head, torch.nn.Linear):
        arithmetic = "float32"
        model.to(device=device)
    elif arithmetic in DIGITS:
        use_whole_numbers(model, DIGITS[arithmetic], but=head)
    else:
        model.to(device=device, dtype=getattr(torch, arithmetic))
        head.to(torch.float32)
        head.register_forward_pre_hook(lambda _, inputs: (inputs[0].float(), *inputs[1:]))
        if arithmetic == "bfloat16" and device.type == "cpu":
            from docqa.reading.packed import use_packed_weights

            use_packed_weights(model, but=head)
    model.eval()
    shown = source.resolve().name if isinstance(source, Path) else name
    folder = source if isinstance(source, Path) else None
    by_rows = device.type == "cpu" and isinstance(head, torch.nn.Linear)
    without_padding = unpadded(model, attention_in(arithmetic)) if by_rows else None
    return LoadedReader(shown, model, tokenizer, settings, device, arithmetic, folder, without_padding)


def load_for_training(base: str | Path) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load an encoder or a reader in float32; start and end vectors are new where it has none."""
    source = find_reader(str(base))
    keep_freed_memory()
    # On CPUs the backward pass of the eager attention is the faster one.
    model, tokenizer, _ = _load(source, str(base), unsafe_weights=False, attention="eager")
    return model, tokenizer


def _load(
    source: str | Path, name: str, *, unsafe_weights: bool, attention: str | None
) -> tuple[Any, PreTrainedTokenizerBase, bool]:
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    def fetch(*, offline: bool) -> tuple[Any, PreTrainedTokenizerBase, bool]:
        tokenizer = AutoTokenizer.from_pretrained(str(source), local_files_only=offline, trust_remote_code=False)
        if len(tokenizer) <= len(tokenizer.all_special_tokens):
            # Where there are no files of a tokenizer, transformers makes one that knows no word.
            raise ValueError("it has no tokenizer")
        if not tokenizer.is_fast:
            raise ValueError("its tokenizer cannot say where its tokens stand in a text (it has no fast version)")
        if isinstance(source, Path) and eight_bit_files(source):
            return _load_eight_bit(source, attention), tokenizer, False
        model, info = AutoModelForQuestionAnswering.from_pretrained(
            str(source),
            dtype=torch.float32,
            attn_implementation=attention,
            use_safetensors=None if unsafe_weights else True,
            local_files_only=offline,
            trust_remote_code=False,
            output_loading_info=True,
        )
        return model, tokenizer, any("qa_outputs" in key for key in info["missing_keys"])

    # Else transformers asks a service on the network to convert weights that are not safetensors, even cached ones.
    os.environ.setdefault("DISABLE_SAFETENSORS_CONVERSION", "1")
    # Damaged files make the libraries raise nearly everything there is.
    with quiet():
        try:
            # What is in the cache is used without asking the network.
            return fetch(offline=True)
        except Exception as error:
            if isinstance(source, Path):
                raise ReaderError(
                    f"The reader in {source} cannot be loaded: {_reason(error, unsafe_weights)}. {_advice()}"
                ) from error
        try:
            _knock(name)
            return fetch(offline=False)
        except Exception as error:
            raise ReaderNotFoundError(_hub_message(name, _reason(error, unsafe_weights))) from error


def _load_eight_bit(folder: Path, attention: str | None) -> Any:
    import torch
    from transformers import AutoConfig, AutoModelForQuestionAnswering
    from transformers.initialization import no_init_weights

    config = AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    with no_init_weights():
        model = AutoModelForQuestionAnswering.from_config(  # type: ignore[no-untyped-call]
            config, dtype=torch.float32, attn_implementation=attention, trust_remote_code=False
        )
    # Every weight must be there: one that is not would keep whatever was in its memory.
    model.load_state_dict(load_eight_bit(folder), assign=True)
    model.tie_weights()
    return model


def _knock(name: str) -> None:
    # The libraries try for a minute to reach a hub that does not answer; asking once says the same at once.
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError, GatedRepoError, RepositoryNotFoundError

    try:
        get_hf_file_metadata(hf_hub_url(name, "config.json"), timeout=HUB_SECONDS)
    except GatedRepoError as error:
        raise ValueError("it gives this model only to those who log in with `hf auth login`") from error
    except RepositoryNotFoundError as error:
        raise ValueError("it has no public model of that name") from error
    except EntryNotFoundError as error:
        raise ValueError("it has no config.json for it") from error


def _folder(name: str) -> Path | None:
    try:
        folder = Path(name).expanduser()
        return folder if folder.is_dir() else None
    except (OSError, RuntimeError):
        # Names that no file can have: too long, or of a user that does not exist.
        return None


def _hub_message(name: str, reason: str) -> str:
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    return (
        f"The reader {name!r} could not be loaded: it does not ship with docqa, there is no folder of that name, and "
        f"the Hugging Face hub at {endpoint} did not provide it ({reason}). {_advice()}"
    )


def _advice() -> str:
    shipped = ", ".join(shipped_readers()) or "none here"
    return f"Readers that ship and need no network: {shipped}; leave out --reader to use {DEFAULT_READER}."


def _reason(error: Exception, unsafe_weights: bool) -> str:  # noqa: FBT001
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if lines and "model.safetensors" in lines[0] and not unsafe_weights:
        return "it has no weights as safetensors; others can run code when they are loaded, --unsafe-weights allows it"
    return lines[0].rstrip(".")[:300] if lines else type(error).__name__


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers silent."""
    # transformers reports weights and progress on standard error; what matters of it is said by our own errors.
    from transformers.utils import logging as transformers_logging

    level = transformers_logging.get_verbosity()
    bars = transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if bars:
            transformers_logging.enable_progress_bar()  # type: ignore[no-untyped-call]
