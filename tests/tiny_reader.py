"""Tiny random models made on the spot, and readers around models, for tests of mechanics; the real reader for the rest."""

import functools
import random
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    BertModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForQuestionAnswering,
)

from docqa.reading.loading import READERS_FOLDER, LoadedReader, load_for_training, quiet
from docqa.reading.reader import Reader
from docqa.reading.settings import ReaderSettings, load_settings, save_settings

#: The words of the tiny vocabularies; other words are read in pieces.
WORDS = """
    the a of and in to was is by who what where when signed treaty harbour lighthouse keeper ship pilot silver paid each
    winter summer council record town hall wind hour lamp oil brick red built year first third may record hears sees
    north south river bridge stone letter sent home long short
""".split()

CORPUS = [" ".join(WORDS), " ".join(WORDS).title(), "0123456789 , . ; : ? ! ' - ( )"]


def text_of(words, seed):
    """So many words of the tiny vocabulary, drawn at random, in sentences."""
    draw = random.Random(seed)
    drawn = [draw.choice(WORDS) for _ in range(words)]
    for number in range(9, words, 10):
        drawn[number] += "."
    return " ".join(drawn)


def save_tiny_bert(folder, *, positions=512, encoder_only=False, seed=0):
    """A random BERT of two layers with its WordPiece tokenizer, in a folder that --reader takes.

    Its random weights are large, so that scores lie apart and no test hangs on rounding.
    """
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    characters = sorted(set("".join(CORPUS).lower()) - {" "})
    pieces = [*specials, *characters, *(f"##{character}" for character in characters), *WORDS]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", sep), ("[CLS]", cls))
    tokenizer.decoder = decoders.WordPiece()
    named = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    # A folder without a stated length: the model's positions are the limit.
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **named).save_pretrained(folder)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=positions,
        pad_token_id=tokenizer.token_to_id("[PAD]"),
        initializer_range=0.5,
    )
    torch.manual_seed(seed)
    save_quietly((BertModel if encoder_only else BertForQuestionAnswering)(config), folder)
    return Path(folder)


def save_tiny_roberta(folder, seed=0):
    """A random RoBERTa of two layers: no segment ids, and a byte-level BPE whose tokens count the blank before a word."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=specials,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", tokenizer.token_to_id("</s>")), ("<s>", tokenizer.token_to_id("<s>")), trim_offsets=False
    )
    tokenizer.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
    ).save_pretrained(folder)
    config = RobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=514,
        type_vocab_size=1,
        pad_token_id=1,
        initializer_range=0.5,
    )
    torch.manual_seed(seed)
    save_quietly(RobertaForQuestionAnswering(config), folder)
    return Path(folder)


def save_word_finder(folder, word, **settings):
    """A tiny BERT whose start and end scores are highest at one word of its vocabulary, wherever that stands."""
    save_tiny_bert(folder)
    model, tokenizer = load_for_training(folder)
    with torch.no_grad():
        for layer in model.bert.encoder.layer:
            for dense in (layer.attention.output.dense, layer.output.dense):
                dense.weight.zero_()
                dense.bias.zero_()
        model.bert.embeddings.position_embeddings.weight.zero_()
        model.bert.embeddings.token_type_embeddings.weight.zero_()
        # All hidden states have the same length, so the highest product with one of them is its own.
        number = tokenizer.convert_tokens_to_ids(word)
        model.qa_outputs.weight.copy_(model.bert(torch.tensor([[number]])).last_hidden_state[0] / 2)
    save_quietly(model, folder)
    save_settings(ReaderSettings(**settings), Path(folder))
    return Path(folder)


def save_quietly(model, folder):
    """Save a model without the progress bar of transformers."""
    with quiet():
        model.save_pretrained(folder)


def exact_reader(folder, **settings):
    """The reader in a folder computing in float32 on any CPU, so that what it says can be computed again exactly."""
    model, tokenizer = load_for_training(folder)
    model.eval()
    stored = {**vars(load_settings(Path(folder))), **settings}
    return Reader(
        LoadedReader(Path(folder).name, model, tokenizer, ReaderSettings(**stored), torch.device("cpu"), "float32")
    )


@functools.cache
def real_reader():
    """The reader that ships, as `docqa ask` loads it."""
    return Reader.load(real_folder().name)


def real_folder():
    """The folder of the reader that ships."""
    folder = READERS_FOLDER / "docqa-small"
    if not (folder / "config.json").exists():
        pytest.fail("src/docqa/readers/docqa-small is not there: train it, or get it with the repository")
    return folder


def note_texts(reader, monkeypatch):
    """A list that takes every text the reader reads from now on."""
    texts = []
    straight = reader.read_paragraphs

    def noting(question, paragraphs, **options):
        texts.extend(paragraphs)
        return straight(question, paragraphs, **options)

    monkeypatch.setattr(reader, "read_paragraphs", noting)
    return texts
