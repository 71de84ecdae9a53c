"""Finding and loading readers: what is refused, and with which sentence."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file

import docqa
from docqa.reading.loading import READERS_FOLDER, find_reader, shipped_readers
from docqa.reading.settings import Calibration, Ranking, ReaderSettings, load_settings, save_settings
from tiny_reader import real_folder, save_tiny_bert


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A folder with a whole reader."""
    return save_tiny_bert(tmp_path_factory.mktemp("whole") / "reader")


@pytest.fixture
def folder(whole, tmp_path):
    """A copy of it, to be damaged."""
    return shutil.copytree(whole, tmp_path / "reader")


def changed(path, **entries):
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **entries}), encoding="utf-8")


def cut_weights(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])


def pointer_for_weights(folder):
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")


def without_weights(folder):
    (folder / "model.safetensors").unlink()


def without_tokenizer(folder):
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()


def damaged_tokenizer(folder):
    (folder / "tokenizer.json").write_text('{"version": "1.0"}')


def damaged_configuration(folder):
    (folder / "config.json").write_text('{"model_type": ')


def configuration_of_a_list(folder):
    (folder / "config.json").write_text("[]")


def unknown_model(folder):
    changed(folder / "config.json", model_type="no-such-model")


def model_without_spans(folder):
    changed(folder / "config.json", model_type="whisper")


def other_sizes(folder):
    changed(folder / "config.json", hidden_size=64)


def damaged_settings(folder):
    (folder / "docqa.json").write_text('{"window_tokens": 384}')


def settings_of_a_list(folder):
    (folder / "docqa.json").write_text("[]")


@pytest.mark.parametrize(
    "damage",
    [
        cut_weights,
        pointer_for_weights,
        without_weights,
        without_tokenizer,
        damaged_tokenizer,
        damaged_configuration,
        configuration_of_a_list,
        unknown_model,
        model_without_spans,
        other_sizes,
        damaged_settings,
        settings_of_a_list,
    ],
)
def test_a_damaged_reader_is_refused_with_one_line_that_names_its_folder(folder, damage):
    damage(folder)
    with pytest.raises(docqa.ReaderError) as caught:
        docqa.Reader.load(str(folder))
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_encoder_without_start_and_end_vectors_is_refused_with_how_to_train_them(tmp_path):
    save_tiny_bert(tmp_path / "encoder", encoder_only=True)
    with pytest.raises(docqa.ReaderError, match="docqa train"):
        docqa.Reader.load(str(tmp_path / "encoder"))


def test_weights_that_can_run_code_are_loaded_only_when_allowed(folder):
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(docqa.ReaderError, match="--unsafe-weights"):
        docqa.Reader.load(str(folder))
    assert docqa.Reader.load(str(folder), unsafe_weights=True).read("who?", ["the keeper"])


@pytest.mark.parametrize("name", ["/nowhere/reader", "./nowhere", "~nobody-of-that-name/reader", "a/b/c", " tiny", ""])
def test_a_path_without_a_reader_is_refused_without_asking_a_network(name):
    with pytest.raises(docqa.ReaderNotFoundError, match="docqa-small"):
        find_reader(name)


def test_a_folder_without_a_reader_is_refused(tmp_path):
    with pytest.raises(docqa.ReaderNotFoundError, match=r"config\.json"):
        docqa.Reader.load(str(tmp_path))


@pytest.mark.parametrize("name", ["some-org/some-model", "some-model", "x" * 300])
def test_other_names_are_names_of_the_hub(name):
    assert find_reader(name) == name


def test_a_reader_that_ships_is_found_by_its_name_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert real_folder().name in shipped_readers()
    assert find_reader("docqa-small") == READERS_FOLDER / "docqa-small"


def test_a_reader_is_named_after_its_folder_however_that_is_written(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert docqa.Reader.load(str(folder)).name == "reader"
    assert docqa.Reader.load(".").name == "reader"


def test_loading_a_reader_prints_nothing(folder, capfd):
    docqa.Reader.load(str(folder))
    assert capfd.readouterr() == ("", "")


def test_settings_come_back_as_they_were_saved(tmp_path):
    settings = ReaderSettings(
        window_tokens=256,
        overlap_tokens=64,
        answer_tokens=20,
        ranking=Ranking(null=-0.5, retriever=0.25),
        calibration=Calibration(
            right=(0.5, 1.0, -1.0, 0.0, 2.0), other=(0.0,) * 5, no_answer=(-0.5, -1.0, 0.0, 0.0, 1.0)
        ),
        threshold=0.125,
    )
    save_settings(settings, tmp_path)
    assert load_settings(tmp_path) == settings


def test_a_reader_without_stored_settings_has_no_calibration(folder):
    assert load_settings(folder) == ReaderSettings()
    assert ReaderSettings().calibration is None
